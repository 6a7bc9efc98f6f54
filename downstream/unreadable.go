package downstream

import (
	"bytes"
	"net/http"
	"strconv"
	"time"
)

// plainHead is what follows the status line of the answers that net/http
// gives to requests it can't read, before any handler is asked. They are
// written with one Write and are text, which no client of the API can read.
var plainHead = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")

// unreadable is the failure that stands for such an answer; nil when p is
// none. late says that the request broke off because it took too long: what
// net/http complains of then is where it broke off.
func (l *listener) unreadable(p []byte, late bool) *failure {
	const statusAt = len("HTTP/1.1 ")
	if len(p) < statusAt+3 || p[statusAt] < '4' || !bytes.HasPrefix(p, []byte("HTTP/1.1 ")) {
		return nil
	}
	_, text, ok := bytes.Cut(p, plainHead)
	status, _ := strconv.Atoi(string(p[statusAt : statusAt+3])) // net/http's own, so it is a number
	switch {
	case !ok:
		return nil
	case late:
		return l.tooLate()
	case status == http.StatusRequestHeaderFieldsTooLarge:
		return closing(status, "header_too_large", "The request's header is larger than this gateway takes.")
	}
	return closing(status, "invalid_http", "The request can't be read as HTTP: "+clip(string(text))+".")
}

// tooLate is the failure of a request whose header took too long.
func (l *listener) tooLate() *failure {
	return closing(http.StatusRequestTimeout, "header_too_slow",
		"The request's header did not arrive within "+l.headerTimeout.String()+".")
}

func closing(status int, code, message string) *failure {
	return &failure{
		status: status, kind: invalidRequest, code: code, message: message,
		header: map[string]string{"Connection": "close"},
	}
}

// say answers with a failure in net/http's place.
func (c *clientConn) say(f *failure) error {
	_ = c.SetWriteDeadline(time.Now().Add(time.Second))
	_, err := c.Conn.Write(f.appendResponse(nil))
	return err
}
