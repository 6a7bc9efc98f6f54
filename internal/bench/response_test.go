//go:build linux

package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tidegate/internal/http1"
)

// chunked is a body as HTTP/1.1 chunks, one for each piece.
func chunked(pieces ...string) string {
	var b strings.Builder
	for _, p := range pieces {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(p), p)
	}
	return b.String() + "0\r\n\r\n"
}

const chunkedHead = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nTRANSFER-ENCODING: chunked\r\n\r\n"

// Whatever pieces the bytes come in, the same answers and events are counted,
// and the sink gets the body alone.
func TestResponseInAnyPieces(t *testing.T) {
	// The blank line that ends an event is cut by a chunk's end once.
	first := chunkedHead + chunked("data: 1\n\ndata: 2\n", "\ndata: 3\n\n", strings.Repeat("x", 300)+"\n\n")
	second := "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
	all := first + second + first
	want := "data: 1\n\ndata: 2\n\ndata: 3\n\n" + strings.Repeat("x", 300) + "\n\n"
	want += "hello" + want
	for size := 1; size <= len(all); size++ {
		var r response
		var body strings.Builder
		answers := 0
		for from := 0; from < len(all); from += size {
			rest := []byte(all[from:min(from+size, len(all))])
			for len(rest) > 0 {
				var done bool
				var err error
				if rest, done, err = r.feed(rest, func(p []byte) { body.Write(p) }); err != nil {
					t.Fatalf("pieces of %d: %v", size, err)
				}
				if done {
					answers++
				}
			}
		}
		if answers != 3 || r.events != 8 || body.String() != want || r.body != int64(len(want)) {
			t.Fatalf("pieces of %d: %d answers, %d events, %d body bytes %q", size, answers, r.events, r.body, body.String())
		}
	}
}

func TestResponseRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		bytes string
		want  error
	}{
		"status":    {"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", errStatus},
		"no HTTP":   {"SSH-2.0-OpenSSH_9.9\r\n\r\n", http1.ErrHead},
		"bad chunk": {chunkedHead + "zz\r\n", http1.ErrFraming},
	} {
		var r response
		if _, _, err := r.feed([]byte(c.bytes), nil); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
}

func TestResponseThatCloses(t *testing.T) {
	var r response
	_, done, err := r.feed([]byte("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), nil)
	if err != nil || !done || !r.closed {
		t.Errorf("done %t, closes %t, %v", done, r.closed, err)
	}
}
