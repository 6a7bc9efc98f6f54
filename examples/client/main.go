// Command client asks a gateway for an answer over tidegate.1, prints it, and
// says what it has used. It takes events at the pace of its output, outlives a
// broken connection, and prints nothing twice.
//
//	gateway demo &
//	go run ./examples/client -prompt "hello"
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"tidegate/client"
)

func main() {
	url := flag.String("url", "http://127.0.0.1:8080", "the gateway's `URL`")
	model := flag.String("model", "demo", "the `NAME` of the model")
	prompt := flag.String("prompt", "hello", "the user's message")
	flag.Parse()

	// Ctrl-C cancels the model's call.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	end, err := answer(ctx, os.Stdout, *url, os.Getenv("TIDEGATE_KEY"), *model, *prompt)
	stop()
	// What was used is known of a broken answer, too, and may be an estimate.
	if u := end.Usage; u != (client.Usage{}) {
		fmt.Fprintf(os.Stderr, "\n%d tokens in, %d out (estimated: %t)\n", u.Input, u.Output, u.Estimated)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "\nclient:", err)
		os.Exit(1)
	}
}

// answer writes the answer's text to out while it comes. The error is nil only
// if the answer is whole.
func answer(ctx context.Context, out io.Writer, url, key, model, prompt string) (client.End, error) {
	body, err := json.Marshal(map[string]any{
		"model": model, "messages": []map[string]string{{"role": "user", "content": prompt}},
	})
	if err != nil {
		return client.End{}, err
	}
	c, err := client.New(client.Options{URL: url, Key: key})
	if err != nil {
		return client.End{}, err
	}
	defer c.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // leaving early cancels the call as well
	stream, err := c.Open(ctx, "chat.completions", body)
	if err != nil {
		return client.End{}, err // refused: a *client.RefusedError has the status
	}
	for event, err := range stream.Events() {
		var broken *client.EndError
		switch {
		case errors.As(err, &broken):
			return broken.End, err
		case err != nil:
			return client.End{}, err
		}
		var chunk struct {
			Choices []struct {
				Delta struct {
					Content string `json:"content"`
				} `json:"delta"`
			} `json:"choices"`
		}
		if err := json.Unmarshal(event.Data, &chunk); err != nil {
			return client.End{}, err
		}
		for _, choice := range chunk.Choices {
			// The next event is asked for, and paid for, when this one is written.
			if _, err := io.WriteString(out, choice.Delta.Content); err != nil {
				return client.End{}, err
			}
		}
	}
	end, _ := stream.End()
	return end, nil
}
