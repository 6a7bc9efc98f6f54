package downstream

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tidegate/downstream/wire"
	"tidegate/internal/auth"
)

// Any page that a browser shows may try a WebSocket or a request without a
// key: only the Origin, which a page can't choose, keeps a stranger's page
// from talking to the gateway as its visitor.
func TestOrigins(t *testing.T) {
	const listed = "https://chat.example.com"
	for _, c := range []struct {
		name         string
		list         []string
		origin, host string
		in           bool
	}{
		{"own page by address", nil, "http://127.0.0.1:8080", "127.0.0.1:8080", true},
		{"own page by IPv6 address", nil, "http://[::1]:8080", "[::1]:8080", true},
		{"own page by localhost", nil, "http://localhost:8080", "localhost:8080", true},
		{"listed", []string{"https://other.example.com", listed}, listed, "gw.example.com", true},
		{"anywhere", []string{"*"}, "https://evil.example", "127.0.0.1", true},
		{"anywhere, and none", []string{"*"}, "", "127.0.0.1", true},

		// a program that is no browser has a key; without one it is nobody
		{"missing", nil, "", "127.0.0.1", false},
		{"missing, with a list", []string{listed}, "", "127.0.0.1", false},
		{"another", nil, "https://evil.example", "127.0.0.1", false},
		{"another, with a list", []string{listed}, "https://evil.example", "127.0.0.1", false},
		// whoever owns a name can make it point at the gateway once the page
		// is loaded (DNS rebinding): then Origin and Host agree
		{"the same name as the host", nil, "http://rebound.example:8080", "rebound.example:8080", false},
		{"another port", nil, "http://127.0.0.1:9999", "127.0.0.1:8080", false},
		{"another scheme of a listed one", []string{listed}, "http://chat.example.com", "gw.example.com", false},
		{"longer than a listed one", []string{listed}, listed + ".evil.example", "gw.example.com", false},
		{"a sandboxed frame's", nil, "null", "127.0.0.1", false},
		{"a file's, and no host", nil, "file://", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &Server{opt: Options{Origins: c.list, Keys: auth.Open()}}
			r, err := http.NewRequest(http.MethodGet, "/v1/ws", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = c.host
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			_, f := s.enter(r, "")
			if in := f == nil; in != c.in {
				t.Errorf("let in: %v (%v)", in, f)
			}
			if f != nil && (f.status != http.StatusForbidden || f.code != "origin_not_allowed") {
				t.Errorf("%d %s", f.status, f.code)
			}
		})
	}
}

// A page's plain request to its own origin comes without an Origin, and says
// so where no page can: a stranger's page is told from it, and so is a name
// that was made to point here.
func TestOwnPageWithoutOrigin(t *testing.T) {
	for _, c := range []struct {
		site, host string
		in         bool
	}{
		{"same-origin", "127.0.0.1:8080", true},
		{"same-origin", "localhost:8080", true},
		{"same-origin", "rebound.example:8080", false},
		{"same-site", "127.0.0.1:8080", false},
		{"cross-site", "127.0.0.1:8080", false},
		{"none", "127.0.0.1:8080", false},
	} {
		s := &Server{opt: Options{Keys: auth.Open()}}
		r, err := http.NewRequest(http.MethodGet, "/v1/streams/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		r.Header.Set("Sec-Fetch-Site", c.site)
		if _, f := s.enter(r, ""); (f == nil) != c.in {
			t.Errorf("%s at %s: %v", c.site, c.host, f)
		}
	}
}

// A key is proof enough, from wherever: no browser sends one by itself.
func TestKeyNeedsNoOrigin(t *testing.T) {
	key, keys := oneKey(t, "app")
	g := serve(t, &opener{}, func(o *Options) { o.Keys = keys })
	for _, c := range []struct {
		header []string
		status int
	}{
		{[]string{"Authorization: Bearer " + key}, 101},
		{[]string{"X-Api-Key: " + key, "Origin: https://evil.example"}, 101},
		{[]string{"X-Api-Key: wrong", "Origin: http://127.0.0.1"}, 401},
		{[]string{"Origin: http://127.0.0.1"}, 401},
	} {
		conn := g.dial()
		resp, _ := knock(t, conn, append(c.header, "Sec-WebSocket-Protocol: "+wire.ProtocolJSON)...)
		if resp.StatusCode != c.status {
			t.Errorf("%q: %s", c.header[1:], resp.Status)
		}
		_ = conn.Close()
	}
	g.empty()
}

// oneKey makes a key, and what knows it.
func oneKey(t *testing.T, name string) (key string, keys *auth.Keys) {
	t.Helper()
	key, hash := auth.NewKey()
	keys, err := auth.NewKeys([]auth.Entry{{Name: name, Hash: hash}})
	if err != nil {
		t.Fatal(err)
	}
	return key, keys
}

func TestCORS(t *testing.T) {
	const listed = "https://chat.example.com"
	g := serve(t, &opener{}, func(o *Options) { o.Origins = []string{listed} })
	preflight := func(origin, path string) *http.Response {
		conn := g.dial()
		defer conn.Close()
		return answerTo(t, conn, http.MethodOptions, path, "", "Origin: "+origin,
			"Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,content-type,last-event-id")
	}
	for _, path := range []string{"/v1/streams", "/v1/streams/x/events", "/v1/streams/x/ack", "/v1/chat/completions", "/v1/tickets"} {
		resp := preflight(listed, path)
		h := resp.Header
		if resp.StatusCode != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != listed || h.Get("Vary") != "Origin" ||
			!strings.Contains(h.Get("Access-Control-Allow-Methods"), "DELETE") ||
			h.Get("Access-Control-Allow-Headers") != "authorization,content-type,last-event-id" {
			t.Errorf("%s: %s %v", path, resp.Status, h)
		}
		resp = preflight("https://evil.example", path)
		if resp.StatusCode < 400 || resp.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s, of another origin: %s %v", path, resp.Status, resp.Header)
		}
	}
	conn := g.dial() // errors are for the page to read, too
	resp := answerTo(t, conn, http.MethodGet, "/v1/streams/nobodys", "", "Origin: "+listed)
	if resp.StatusCode != http.StatusNotFound || resp.Header.Get("Access-Control-Allow-Origin") != listed {
		t.Error(resp.Status, resp.Header)
	}
	_ = conn.Close()
	g.empty()
}

// answerTo sends a request and returns the answer's head; the body is read
// from the connection.
func answerTo(t *testing.T, conn net.Conn, method, path, body string, header ...string) *http.Response {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n", method, path)
	for _, h := range header {
		b.WriteString(h + "\r\n")
	}
	if body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	if _, err := conn.Write([]byte(b.String() + "\r\n" + body)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// Where no key is asked for, a page of somebody else's can't spend its
// visitor's tokens: a request that browsers let every page send is refused, as
// is one of a name that was made to point here, which may have any header.
func TestForeignPageAtPlainAPI(t *testing.T) {
	for _, c := range []struct {
		name, origin, host, key string
		in                      bool
	}{
		{"a program", "", "127.0.0.1:8080", "", true},
		{"a program with a key for nothing", "", "127.0.0.1:8080", "sk-any", true},
		{"the gateway's own page", "http://127.0.0.1:8080", "127.0.0.1:8080", "", true},
		{"a listed page", "https://chat.example.com", "127.0.0.1:8080", "", true},
		{"another page", "https://evil.example", "127.0.0.1:8080", "", false},
		{"a sandboxed one", "null", "127.0.0.1:8080", "", false},
		{"a rebound name", "http://rebound.example:8080", "rebound.example:8080", "sk-any", false},
	} {
		for _, m := range []*manner{openaiManner, anthropicManner, geminiManner} {
			s := &Server{opt: Options{Origins: []string{"https://chat.example.com"}, Keys: auth.Open()}}
			r := httptest.NewRequest(http.MethodPost, "/v1/chat/completions", nil)
			r.Host = c.host
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			if c.key != "" {
				r.Header.Set("Authorization", "Bearer "+c.key)
			}
			_, f := s.authorize(r, m)
			if in := f == nil; in != c.in || f != nil && (f.code != "origin_not_allowed" || f.as != m) {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
	}
}
