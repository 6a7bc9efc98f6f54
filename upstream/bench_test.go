package upstream

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"tidegate/stream"
)

// BenchmarkPump takes a stream's events from a body at hand to a consumer that
// keeps up; what it gives is the time of one event.
func BenchmarkPump(b *testing.B) {
	p := provider(b, nil)
	p.limits.ReadBuffer = 16 << 10
	body := pages(b.N)
	ctx, cancel := context.WithCancelCause(b.Context())
	st := stream.New(stream.Config{Pages: stream.NewPages(bufferSize), Now: time.Now})
	r, err := st.Attach(0, stream.NoLimit, func() {})
	if err != nil {
		b.Fatal(err)
	}
	r.TakeDirectly(eager{})
	b.ReportAllocs()
	b.ResetTimer()
	s := newSource(underway(ctx, p, cancel), stream.ChatCompletions, body)
	if err := s.first(eventStream); err != nil {
		b.Fatal(err)
	}
	if end := s.Pump(st); end.Reason != stream.Complete || st.Stats().Appended != uint64(b.N) {
		b.Fatal(end, st.Stats())
	}
	s.Close()
}

// eager takes every event.
type eager struct{}

func (eager) Offer(uint64, stream.Event) bool { return true }
func (eager) Flush()                          {}

// pages are n events and an end, as a body.
func pages(n int) io.ReadCloser {
	one := fmt.Sprintf(`data: {"id":"chatcmpl-%032d","object":"chat.completion.chunk","created":1755005026,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_0123456789","choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}]}`+"\n\n", 7)
	return io.NopCloser(io.MultiReader(
		io.LimitReader(endlessly{one}, int64(n*len(one))), strings.NewReader("data: [DONE]\n\n")))
}

// endlessly repeats a text.
type endlessly struct{ text string }

func (e endlessly) Read(p []byte) (n int, err error) {
	for n+len(e.text) <= len(p) {
		n += copy(p[n:], e.text)
	}
	if n == 0 {
		return 0, io.ErrShortBuffer
	}
	return n, nil
}
