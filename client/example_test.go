package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"tidegate/client"
)

// A program prints an answer as fast as its terminal takes it, and no faster
// does the model speak.
func Example() {
	c, err := client.New(client.Options{URL: "http://127.0.0.1:8080", Key: os.Getenv("TIDEGATE_KEY")})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel() // leaving early stops the model
	stream, err := c.Open(ctx, "chat.completions", []byte(`{"model":"any","messages":[{"role":"user","content":"Hello"}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for event, err := range stream.Events() {
		var end *client.EndError
		switch {
		case errors.As(err, &end):
			fmt.Println("the answer is not whole:", end.Reason)
			return
		case err != nil:
			fmt.Println(err)
			return
		}
		var chunk struct {
			Choices []struct{ Delta struct{ Content string } }
		}
		if json.Unmarshal(event.Data, &chunk) == nil && len(chunk.Choices) > 0 {
			fmt.Print(chunk.Choices[0].Delta.Content)
		}
	}
}

// A call for what an API offers only to who asks for it in a header.
func ExampleClient_OpenCall() {
	c, err := client.New(client.Options{URL: "http://127.0.0.1:8080"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	stream, err := c.OpenCall(context.Background(), client.Call{
		API:     "messages",
		Headers: map[string]string{"anthropic-beta": "interleaved-thinking-2025-05-14"},
		Body:    []byte(`{"model":"any","max_tokens":1024,"messages":[{"role":"user","content":"Hello"}]}`),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for event, err := range stream.Events() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(event.Name)
	}
}

// A worker keeps what it has made of each event together with the event's
// number. Started again within the gateway's keep-alive, it goes on where it
// was, with nothing lost and nothing twice.
func ExampleClient_Resume() {
	c, err := client.New(client.Options{URL: "http://127.0.0.1:8080"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	var saved client.Saved
	if text, err := os.ReadFile("position.json"); err != nil || json.Unmarshal(text, &saved) != nil {
		return // there is nothing to go on with
	}
	stream, err := c.Resume(context.Background(), saved)
	if err != nil {
		fmt.Println(err)
		return
	}
	for event, err := range stream.Events() {
		if err != nil {
			fmt.Println(err)
			return
		}
		// ... use the event, then:
		saved.Seq = event.Seq
		text, _ := json.Marshal(saved)
		if err := os.WriteFile("position.json", text, 0o600); err != nil {
			fmt.Println(err)
			return
		}
	}
}
