package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A connection whose stream is complete carries the next request, also one
// that was sent before the stream's end.
func TestConnectionIsUsedAgain(t *testing.T) {
	h := start(t, setup{})
	c := h.dial(t)
	// All at once: two streams, a whole answer, a list, and one more stream.
	for range 2 {
		c.send(t, chatPath, chat("m?tokens=20"))
	}
	c.send(t, chatPath, `{"model":"m?tokens=2"}`)
	if _, err := io.WriteString(c, "GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	c.send(t, chatPath, chat("m?tokens=20"))

	for i, streams := range []bool{true, true, false, false, true} {
		a := read(c.head(t))
		if a.status != http.StatusOK || a.err != nil || a.done != streams {
			t.Fatalf("answer %d: status %d, error %v: %q", i, a.status, a.err, a.body)
		}
		if streams && len(a.events) != 22 {
			t.Errorf("answer %d has %d events, want 22", i, len(a.events))
		}
	}

	// An error with a status leaves the connection as it was.
	c.send(t, chatPath, chat("m?status=500"))
	if a := read(c.head(t)); a.status != http.StatusInternalServerError {
		t.Errorf("status %d", a.status)
	}
	c.send(t, chatPath, chat("m?tokens=1"))
	if a := read(c.head(t)); !a.done {
		t.Errorf("after an error: %q", a.body)
	}
}

// A client that asks for it gets its connection closed after a stream.
func TestConnectionClose(t *testing.T) {
	h := start(t, setup{})
	c := h.dial(t)
	body := chat("m?tokens=2")
	if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", chatPath, len(body), body); err != nil {
		t.Fatal(err)
	}
	if a := read(c.head(t)); !a.done || a.err != nil {
		t.Errorf("%v, %q", a.err, a.body)
	}
	if _, err := c.in.ReadByte(); err != io.EOF {
		t.Errorf("after the answer: %v, want EOF", err)
	}
}

// The provider's connections are used again too: a hundred calls, one after
// the other, need a few. (One call's may be on its way back as the next call
// comes.)
func TestProviderConnectionIsUsedAgain(t *testing.T) {
	h := start(t, setup{})
	for i := range 100 {
		body := chat("m?tokens=2")
		if i%2 == 1 {
			body = strings.Replace(body, "true", "false", 1)
		}
		if a := h.post(t, chatPath, body); a.status != http.StatusOK || a.err != nil {
			t.Fatalf("call %d: %d, %v", i, a.status, a.err)
		}
	}
	if st := h.provider.Stats(); st.Connections > 10 {
		t.Errorf("%d connections for 100 calls", st.Connections)
	}
}
