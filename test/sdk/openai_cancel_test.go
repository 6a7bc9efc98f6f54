package sdk

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/openai/openai-go/v3/option"

	"tidegate/test/harness"
)

// silences are the points at which a provider may be silent for ever when its
// client leaves. Nothing but the leaving can end such a call here.
var silences = map[string]string{
	"before the headers":     "header_delay=forever",
	"before the first event": "first_delay=forever",
	"mid-stream":             "tokens=8,stall=forever,stall_at=4",
}

func TestOpenAICancel(t *testing.T) {
	w := newWorld(t, harness.Never, "cancelled")
	for api, stream := range openaiStreams {
		for name, script := range silences {
			t.Run(api+" "+name, func(t *testing.T) {
				model := w.Model(script)
				ctx, cancel := context.WithCancel(harness.Patient(t))
				ended := make(chan error, 1)
				go func() {
					_, err := stream(ctx, w.openai(), model)
					ended <- err
				}()
				w.stalled(t, model)
				cancel()
				if err := <-ended; !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				w.cancelled(t, model)
			})
		}
	}
	for api, call := range openaiWhole {
		t.Run(api+" in one piece", func(t *testing.T) {
			model := w.Model("header_delay=forever")
			ctx, cancel := context.WithCancel(harness.Patient(t))
			ended := make(chan error, 1)
			go func() { ended <- call(ctx, w.openai(), model) }()
			w.stalled(t, model)
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			w.cancelled(t, model)
		})
	}
}

// A reader that closes the stream has had enough, also of a provider that
// sends as fast as it can.
func TestOpenAIClose(t *testing.T) {
	w := newWorld(t, harness.Never, "cancelled")
	model := w.Model("tokens=10000000")
	c := w.openai()
	s := c.Chat.Completions.NewStreaming(harness.Patient(t), chat(model))
	for range 100 {
		if !s.Next() {
			t.Fatal(s.Err())
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	w.cancelled(t, model)
}

// Heartbeats, all that is sent while the provider is silent, are nothing to the
// SDK, and the call can still be cancelled.
func TestOpenAIHeartbeats(t *testing.T) {
	w := newWorld(t, "100ms", "cancelled")
	for api, stream := range openaiStreams {
		for name, script := range silences {
			t.Run(api+" "+name, func(t *testing.T) {
				model := w.Model(script)
				ctx, cancel := context.WithCancel(harness.Patient(t))
				defer cancel()
				beats := &counter{left: 3, enough: cancel}
				_, err := stream(ctx, w.openai(option.WithMiddleware(beats.watch)), model)
				if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				if beats.left > 0 {
					t.Errorf("%d heartbeats too few", beats.left)
				}
				w.cancelled(t, model)
			})
		}
	}
}

// counter counts the comments in a response.
type counter struct {
	body    io.ReadCloser
	midLine bool
	left    int
	enough  func() // called at the last one
}

func (c *counter) watch(r *http.Request, next option.MiddlewareNext) (*http.Response, error) {
	resp, err := next(r)
	if err == nil {
		c.body, resp.Body = resp.Body, c
	}
	return resp, err
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.body.Read(p)
	for _, b := range p[:n] {
		if !c.midLine && b == ':' {
			if c.left--; c.left == 0 {
				c.enough()
			}
		}
		c.midLine = b != '\n'
	}
	return n, err
}

func (c *counter) Close() error { return c.body.Close() }
