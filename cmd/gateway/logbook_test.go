package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// line is one line of the gateway's log.
type line map[string]any

func (l line) text(key string) string { s, _ := l[key].(string); return s }

func (l line) number(key string) float64 { n, _ := l[key].(float64); return n }

// logBook keeps a gateway's log, and lets a test wait for a line of it.
type logBook struct {
	mu    sync.Mutex
	lines []line
	raw   strings.Builder
	more  chan struct{} // closed at the next line
}

func newLogBook() *logBook { return &logBook{more: make(chan struct{})} }

// Write takes one line, as slog's handlers write.
func (b *logBook) Write(p []byte) (int, error) {
	var l line
	if err := json.Unmarshal(p, &l); err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, l)
	b.raw.Write(p)
	close(b.more)
	b.more = make(chan struct{})
	return len(p), nil
}

// calls are the lines about calls so far, and what is closed at the next.
func (b *logBook) calls() (calls []line, more <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.lines {
		if _, ok := l["status"]; ok {
			calls = append(calls, l)
		}
	}
	return calls, b.more
}

// all is the log as it was written.
func (b *logBook) all() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.raw.String()
}

// call waits for the n-th line about a call, counted from 1.
func (b *logBook) call(t testing.TB, n int) line {
	t.Helper()
	ctx := patience(t)
	for {
		calls, more := b.calls()
		if len(calls) >= n {
			return calls[n-1]
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("the log has %d lines about calls, want %d", len(calls), n)
		}
	}
}

// scrape reads the gateway's metrics.
func (h *house) scrape(t testing.TB) metrics {
	t.Helper()
	resp, err := h.http.Get(h.admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("metrics: %v, status %d", err, resp.StatusCode)
	}
	return metrics(body)
}

// scrapeUntil reads the metrics again and again until they are as wanted.
func (h *house) scrapeUntil(t testing.TB, what string, cond func(metrics) bool) {
	t.Helper()
	for ctx := patience(t); !cond(h.scrape(t)); {
		if ctx.Err() != nil {
			t.Fatalf("the metrics never showed %s:\n%s", what, h.scrape(t))
		}
	}
}

// metrics is a scrape in Prometheus's text format.
type metrics string

// sum adds up the samples of a name that have all of the labels, each given
// as `name="value"`. ok is false when there is none.
func (m metrics) sum(name string, labels ...string) (sum float64, ok bool) {
samples:
	for sample := range strings.Lines(string(m)) {
		at := strings.LastIndexByte(sample, ' ')
		if at < 0 || !strings.HasPrefix(sample, name+"{") && !strings.HasPrefix(sample, name+" ") {
			continue
		}
		for _, label := range labels {
			if !strings.Contains(sample, "{"+label) && !strings.Contains(sample, ","+label) {
				continue samples
			}
		}
		if v, err := strconv.ParseFloat(strings.TrimSpace(sample[at:]), 64); err == nil {
			sum, ok = sum+v, true
		}
	}
	return sum, ok
}

// value is sum of what has to be there.
func (m metrics) value(t testing.TB, name string, labels ...string) float64 {
	t.Helper()
	v, ok := m.sum(name, labels...)
	if !ok {
		t.Fatalf("there is no metric %s with %v", name, labels)
	}
	return v
}
