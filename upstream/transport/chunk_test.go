package transport

import (
	"bufio"
	"strings"
	"testing"
)

func TestHasChunk(t *testing.T) {
	for _, c := range []struct {
		there string
		want  bool
	}{
		{"", false},
		{"3\r\nabc", true},
		{"3\r\nabc\r\n", true},
		{"\r\n3\r\nabc", true},
		{"\r\n3\r\nab", false},
		{"\r\n3\r", false},
		{"\r\n", false},
		{"\r", false},
		{"a;x=y\r\n0123456789", true},
		{"A;x=y\r\n012345678", false},
		{"\r\n0\r\n", true},
		{"x\r\nabc", false},
		{"3" + strings.Repeat(" ", 100) + "\r\nabc", false},
		{"ffffffffffffffff\r\nabc", false},
	} {
		for split := range len(c.there) + 1 { // part in the buffer, part in the page
			conn := &conn{in: bufio.NewReaderSize(strings.NewReader(c.there[:split]), 512), ready: []byte(c.there[split:])}
			if split > 0 {
				_, _ = conn.in.Peek(1)
			}
			if got := conn.hasChunk(); got != c.want {
				t.Errorf("%q split at %d: got %v", c.there, split, got)
			}
		}
	}
}
