// Command browser is an application with a page that streams from a gateway. Its
// backend has the gateway's key, and gives the page tickets; the page calls the
// gateway itself, over tidegate.1.
//
//	gateway key new -name page
//	TIDEGATE_HASH=v1:... OPENAI_API_KEY=... gateway serve -config examples/browser/gateway.yaml &
//	TIDEGATE_KEY=tg-... go run ./examples/browser
//
// Then open http://127.0.0.1:8000/.
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

//go:embed index.html
var page []byte

func main() {
	listen := flag.String("listen", "127.0.0.1:8000", "`ADDR` of the page; the gateway's origins have to name it")
	url := flag.String("url", "http://127.0.0.1:8080", "the gateway's `URL`")
	library := flag.String("library", "web/client/dist/tidegate.js", "the `FILE` of the client library")
	flag.Parse()
	l, err := net.Listen("tcp", *listen)
	if err == nil {
		fmt.Printf("http://%s/\n", l.Addr())
		server := http.Server{Handler: handler(*url, os.Getenv("TIDEGATE_KEY"), *library), ReadHeaderTimeout: 10 * time.Second}
		err = server.Serve(l)
	}
	fmt.Fprintln(os.Stderr, "browser:", err)
	os.Exit(1)
}

func handler(url, key, library string) http.Handler {
	mux := http.NewServeMux()
	page := at(url)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})
	mux.HandleFunc("GET /tidegate.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, library) })
	// Here an application asks who its user is: a ticket is good for a stream,
	// and the stream is paid for.
	mux.HandleFunc("POST /ticket", func(w http.ResponseWriter, r *http.Request) {
		ticket, err := mint(r, url, key)
		if err != nil {
			fmt.Fprintln(os.Stderr, "browser:", err)
			http.Error(w, "there is no ticket", http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(w, ticket)
	})
	return mux
}

// at is the page with the gateway's URL in it.
func at(url string) []byte {
	text, err := json.Marshal(url)
	if err != nil {
		panic("browser: a string is no JSON: " + err.Error())
	}
	return bytes.Replace(page, []byte(`"http://127.0.0.1:8080"`), text, 1)
}

// mint asks the gateway for a ticket. It is good once, for a minute.
func mint(r *http.Request, url, key string) (string, error) {
	ask, err := http.NewRequestWithContext(r.Context(), http.MethodPost, url+"/v1/tickets", nil)
	if err != nil {
		return "", err
	}
	ask.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(ask)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return "", fmt.Errorf("the gateway gives no ticket: %s", resp.Status)
	}
	var answer struct {
		Ticket string `json:"ticket"`
	}
	err = json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&answer)
	return answer.Ticket, err
}
