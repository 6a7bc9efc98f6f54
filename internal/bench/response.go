//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"

	"tidegate/internal/http1"
)

var errStatus = errors.New("bench: answer is not 200")

// maxHead bounds the head of what makes a WebSocket.
const maxHead = 16 << 10

// response reads the answers that come over one connection, and counts the
// events in their bodies.
type response struct {
	http1.Response
	closed bool  // the server will close the connection after the last answer
	gap    bool  // the last body byte was a line's end
	events int64 // blank lines seen, over all answers
	body   int64 // body bytes, over all answers
}

// begun says that an answer's head has come, and not its end.
func (r *response) begun() bool { return r.Status != 0 }

// feed takes the bytes that came. It returns after the last of them, or at an
// answer's end, with what is left. sink, if not nil, gets the body's pieces.
func (r *response) feed(p []byte, sink func([]byte)) (rest []byte, done bool, err error) {
	rest, err = r.Feed(p, func(p []byte) error {
		r.count(p)
		if sink != nil {
			sink(p)
		}
		return nil
	})
	if err == nil && r.begun() && r.Status != http.StatusOK {
		err = fmt.Errorf("%w: %d", errStatus, r.Status)
	}
	if err != nil || !r.Over() {
		return nil, false, err
	}
	r.closed, r.gap = r.Closes, false
	r.Next()
	return rest, true, nil
}

// count counts the blank lines, which end events.
func (r *response) count(p []byte) {
	if r.gap && p[0] == '\n' {
		r.events++
	}
	r.events += int64(bytes.Count(p, []byte("\n\n")))
	r.gap = p[len(p)-1] == '\n'
	r.body += int64(len(p))
}
