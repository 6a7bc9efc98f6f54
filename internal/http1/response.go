// Package http1 reads HTTP/1.1 responses in whatever pieces they come (RFC
// 9112). It is for programs that measure others, and read thousands of
// connections themselves: as much of HTTP as an event stream needs, at no cost
// per event. Whoever has time for more has net/http.
package http1

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Errors of what is no HTTP/1.1.
var (
	ErrHead    = errors.New("http1: the response's head can't be understood")
	ErrFraming = errors.New("http1: the chunked framing is wrong")
	ErrBroken  = errors.New("http1: the connection broke off inside the response")
)

// MaxLine bounds a head and a line of framing, in bytes.
const MaxLine = 64 << 10

type section uint8

const (
	inHead section = iota
	inSize
	inChunk
	afterChunk
	inTrailer
	inLength
	inRest // until the connection ends
	inEnd
)

// Response is one response in the making. The zero value is ready for the
// first on its connection, and after Next for the one that follows. It is not
// safe for concurrent use.
type Response struct {
	Status int  // 0 until the head has come; interim ones (1xx) are passed over, but for 101
	Events bool // the body is an event stream
	Closes bool // the connection is of no use after it

	at   section
	line []byte // an unfinished head or line of framing
	left int64  // of the body, or of the chunk
}

// Feed takes bytes that came, gives those of the body to sink, and returns
// what is behind the response's end. Errors are ErrHead, ErrFraming, or
// sink's: there is no going on after one.
func (r *Response) Feed(p []byte, sink func([]byte) error) (rest []byte, err error) {
	for len(p) > 0 && err == nil && r.at != inEnd {
		switch r.at {
		case inHead:
			p, err = r.head(p)
		case inChunk, inLength:
			n := min(int64(len(p)), r.left)
			err = sink(p[:n])
			p = p[n:]
			if r.left -= n; r.left == 0 {
				if r.at == inLength {
					r.at = inEnd
				} else {
					r.at = afterChunk
				}
			}
		case inRest:
			return nil, sink(p)
		default:
			p, err = r.framing(p)
		}
	}
	return p, err
}

// Over says that the response is whole.
func (r *Response) Over() bool { return r.at == inEnd }

// End says what the end of the connection means: io.EOF, or ErrBroken.
func (r *Response) End() error {
	if r.at == inEnd || r.at == inRest {
		return io.EOF
	}
	return ErrBroken
}

// Next makes r ready for the next response on its connection.
func (r *Response) Next() { *r = Response{line: r.line[:0]} }

// framing takes a line of the chunked coding (RFC 9112 section 7.1).
func (r *Response) framing(p []byte) ([]byte, error) {
	i := bytes.IndexByte(p, '\n')
	if i < 0 {
		if r.line = append(r.line, p...); len(r.line) > MaxLine {
			return nil, ErrFraming
		}
		return nil, nil
	}
	line := p[:i]
	if len(r.line) > 0 {
		r.line = append(r.line, line...)
		line = r.line
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	switch r.at {
	case afterChunk:
		if len(line) != 0 {
			return nil, ErrFraming
		}
		r.at = inSize
	case inTrailer:
		if len(line) == 0 {
			r.at = inEnd
		}
	case inSize:
		size, ok := hex(line)
		if !ok {
			return nil, fmt.Errorf("%w: a chunk of %.20q", ErrFraming, line)
		}
		if r.left, r.at = size, inChunk; size == 0 {
			r.at = inTrailer
		}
	}
	r.line = r.line[:0]
	return p[i+1:], nil
}

// hex reads a chunk's size, without allocating.
func hex(line []byte) (n int64, ok bool) {
	for i, c := range line {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | int64(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | int64(c|0x20-'a'+10)
		case c == ';':
			return n, i > 0
		default:
			return 0, false
		}
		if n > 1<<40 {
			return 0, false
		}
	}
	return n, len(line) > 0
}
