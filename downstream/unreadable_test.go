package downstream

import (
	"testing"
	"time"
)

// Only net/http's own complaints are put into another form: an answer of ours
// or a provider's passes as it is.
func TestUnreadable(t *testing.T) {
	l := &listener{headerTimeout: time.Second}
	const plain = "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
	for _, c := range []struct {
		written string
		late    bool
		status  int // 0: left alone
		code    string
	}{
		{"HTTP/1.1 400 Bad Request" + plain + "400 Bad Request", false, 400, "invalid_http"},
		{"HTTP/1.1 400 Bad Request" + plain + "400 Bad Request", true, 408, "header_too_slow"},
		{"HTTP/1.1 431 Request Header Fields Too Large" + plain + "431", false, 431, "header_too_large"},
		{"HTTP/1.1 501 Not Implemented" + plain + "Unsupported transfer encoding", false, 501, "invalid_http"},
		{"HTTP/1.1 200 OK" + plain, false, 0, ""},
		{"HTTP/1.1 100 Continue\r\n\r\n", false, 0, ""},
		{"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n\r\n{}", true, 0, ""},
		{"HTTP/1.1 4", false, 0, ""},
		{"0005\r\ndata:\r\n", false, 0, ""},
		{"", false, 0, ""},
	} {
		f := l.unreadable([]byte(c.written), c.late)
		switch {
		case f == nil && c.status != 0:
			t.Errorf("%q is left alone", c.written)
		case f != nil && (f.status != c.status || f.code != c.code || f.header["Connection"] != "close"):
			t.Errorf("%q: %+v, want %d %s", c.written, f, c.status, c.code)
		}
	}
}
