package loadtest

import (
	"errors"
	"io"
	"testing"

	"pgregory.net/rapid"
)

func TestAnswer(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
	for _, c := range []struct {
		name, text, body string
		status           int
		err, end         error
	}{
		{"chunked", head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1F;x=y\r\n0123456789012345678901234567890\r\n0\r\nX: y\r\n\r\n", "abc0123456789012345678901234567890", 200, nil, io.EOF},
		{"cut in a chunk", head + "Transfer-Encoding: chunked\r\n\r\n5\r\nabc", "abc", 200, nil, errBroken},
		{"cut between chunks", head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "abc", 200, nil, errBroken},
		{"with a length", head + "Content-Length: 3\r\n\r\nabc", "abc", 200, nil, io.EOF},
		{"cut before its length", head + "Content-Length: 4\r\n\r\nabc", "abc", 200, nil, errBroken},
		{"until the connection ends", head + "\r\nabc", "abc", 200, nil, io.EOF},
		{"after an interim one", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + head + "Content-Length: 1\r\n\r\na", "a", 200, nil, io.EOF},
		{"refused", "HTTP/1.1 429 Too Many\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n", "", 429, nil, io.EOF},
		{"nothing more", "HTTP/1.1 204 No Content\r\n\r\n", "", 204, nil, io.EOF},
		{"no HTTP", "SSH-2.0-x\r\n\r\n", "", 0, errHead, nil},
		{"no chunk", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "", 200, errFraming, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				var a answer
				var body []byte
				var err error
				for rest := c.text; rest != "" && err == nil; {
					n := rapid.IntRange(1, len(rest)).Draw(t, "n")
					err = a.feed([]byte(rest[:n]), func(p []byte) error { body = append(body, p...); return nil })
					rest = rest[n:]
				}
				if !errors.Is(err, c.err) || string(body) != c.body || a.status != c.status {
					t.Fatalf("%v, %q, %d", err, body, a.status)
				}
				if c.end != nil && a.end() != c.end {
					t.Fatalf("at its end: %v", a.end())
				}
			})
		})
	}
}
