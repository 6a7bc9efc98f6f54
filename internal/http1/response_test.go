package http1

import (
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"

// Whatever pieces the bytes come in, the same comes out.
func TestResponse(t *testing.T) {
	for _, c := range []struct {
		name, text, body, rest string
		status                 int
		err, end               error
	}{
		{"chunked", head + "TRANSFER-ENCODING: chunked\r\n\r\n3\r\nabc\r\n1F;x=y\r\n0123456789012345678901234567890\r\n0\r\nX: y\r\n\r\n", "abc0123456789012345678901234567890", "", 200, nil, io.EOF},
		{"cut in a chunk", head + "Transfer-Encoding: chunked\r\n\r\n5\r\nabc", "abc", "", 200, nil, ErrBroken},
		{"cut between chunks", head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "abc", "", 200, nil, ErrBroken},
		{"with a length", head + "Content-Length: 3\r\n\r\nabc", "abc", "", 200, nil, io.EOF},
		{"with another behind it", head + "Content-Length: 3\r\n\r\nabcHTTP/1.1 2", "abc", "HTTP/1.1 2", 200, nil, io.EOF},
		{"cut before its length", head + "Content-Length: 4\r\n\r\nabc", "abc", "", 200, nil, ErrBroken},
		{"until the connection ends", head + "\r\nabc", "abc", "", 200, nil, io.EOF},
		{"after an interim one", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + head + "Content-Length: 1\r\n\r\na", "a", "", 200, nil, io.EOF},
		{"another protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x01a", "", "\x81\x01a", 101, nil, io.EOF},
		{"refused", "HTTP/1.1 429 Too Many\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n", "", "", 429, nil, io.EOF},
		{"nothing more", "HTTP/1.1 204 No Content\r\n\r\n", "", "", 204, nil, io.EOF},
		{"no HTTP", "SSH-2.0-x\r\n\r\n", "", "", 0, ErrHead, nil},
		{"a bad length", head + "Content-Length: -1\r\n\r\n", "", "", 200, ErrHead, nil},
		{"an endless head", head + "X: " + strings.Repeat("x", MaxLine), "", "", 0, ErrHead, nil},
		{"no chunk", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "", "", 200, ErrFraming, nil},
		{"no size", head + "Transfer-Encoding: chunked\r\n\r\n\r\n", "", "", 200, ErrFraming, nil},
		{"a huge size", head + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("f", 30) + "\r\n", "", "", 200, ErrFraming, nil},
		{"an endless size", head + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("0", MaxLine+1), "", "", 200, ErrFraming, nil},
		{"more than its chunk", head + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", "a", "", 200, ErrFraming, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				var r Response
				var body, behind []byte
				var err error
				for rest := c.text; rest != "" && err == nil; {
					n := min(len(rest), rapid.OneOf(rapid.IntRange(1, 40), rapid.Just(len(rest))).Draw(t, "n"))
					if len(c.text) > MaxLine {
						n = len(rest) // a byte at a time it would take too long
					}
					var after []byte
					after, err = r.Feed([]byte(rest[:n]), func(p []byte) error { body = append(body, p...); return nil })
					behind = append(behind, after...)
					rest = rest[n:]
				}
				if !errors.Is(err, c.err) || string(body) != c.body || r.Status != c.status || err == nil && string(behind) != c.rest {
					t.Fatalf("%v, %q, %q, %d", err, body, behind, r.Status)
				}
				if c.end != nil && r.End() != c.end {
					t.Fatalf("at its end: %v", r.End())
				}
			})
		})
	}
}

// A connection carries one response after the other.
func TestNext(t *testing.T) {
	var r Response
	for range 3 {
		body := ""
		rest, err := r.Feed([]byte(head+"Connection: close\r\nContent-Length: 1\r\n\r\na"), func(p []byte) error { body += string(p); return nil })
		if err != nil || len(rest) != 0 || body != "a" || !r.Over() || !r.Events || !r.Closes {
			t.Fatalf("%q %v %+v", body, err, r)
		}
		r.Next()
		if r.Over() || r.Status != 0 {
			t.Fatal("the last response is still there")
		}
	}
}

func TestSinkFails(t *testing.T) {
	var r Response
	full := errors.New("full")
	if _, err := r.Feed([]byte(head+"\r\nabc"), func([]byte) error { return full }); err != full {
		t.Error(err)
	}
}

// A chunk costs no memory.
func TestCost(t *testing.T) {
	var r Response
	sink := func([]byte) error { return nil }
	if _, err := r.Feed([]byte(head+"Transfer-Encoding: chunked\r\n\r\n"), sink); err != nil {
		t.Fatal(err)
	}
	chunk := []byte("3\r\nabc\r\n")
	if n := testing.AllocsPerRun(1000, func() { _, _ = r.Feed(chunk, sink) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
