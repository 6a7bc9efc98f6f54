// Command stream asks a gateway, or any server that speaks OpenAI's API, for
// a streamed answer and prints it as it comes. It uses nothing but the
// standard library, and shows what a client has to look at in order to tell a
// whole answer from a part of one: the end marker, error events, and the end
// of the body.
//
//	gateway demo &
//	go run ./examples/stream -prompt "hello"
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
)

// errCut is returned for an answer that ended without its end marker.
var errCut = errors.New("the answer is not whole: it ended without [DONE]")

func main() {
	base := flag.String("base", "http://127.0.0.1:8080/v1", "the gateway's base `URL`")
	model := flag.String("model", "demo", "the `NAME` of the model")
	prompt := flag.String("prompt", "hello", "the user's message")
	flag.Parse()

	// Ctrl-C closes the connection, and the gateway cancels the model's call.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := stream(ctx, os.Stdout, *base, os.Getenv("TIDEGATE_KEY"), *model, *prompt)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "\nstream:", err)
		os.Exit(1)
	}
	fmt.Println()
}

// stream writes the answer's text to out while it comes. It returns nil only
// if the answer is whole.
func stream(ctx context.Context, out io.Writer, base, key, model, prompt string) error {
	body, err := json.Marshal(map[string]any{
		"model": model, "stream": true,
		"messages": []map[string]string{{"role": "user", "content": prompt}},
	})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/chat/completions", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
		return fmt.Errorf("%s: %s", resp.Status, text)
	}
	return read(out, resp.Body)
}

// read reads an event stream in which every event is one data line.
func read(out io.Writer, body io.Reader) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 8<<20) // the largest event
	for lines.Scan() {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		switch {
		case !ok: // a blank line, or a comment that keeps the connection alive
			continue
		case string(data) == "[DONE]":
			return nil
		}
		var chunk struct {
			Choices []struct {
				Delta struct {
					Content string `json:"content"`
				} `json:"delta"`
			} `json:"choices"`
			Error *struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		if err := json.Unmarshal(data, &chunk); err != nil {
			return err
		}
		if chunk.Error != nil {
			return errors.New(chunk.Error.Message)
		}
		for _, choice := range chunk.Choices {
			if _, err := io.WriteString(out, choice.Delta.Content); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return err // the connection was aborted
	}
	return errCut
}
