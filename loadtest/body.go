package loadtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Errors of an answer that is no HTTP/1.1.
var (
	errHead    = errors.New("loadtest: the response's head can't be understood")
	errFraming = errors.New("loadtest: the chunked framing is wrong")
	errBroken  = errors.New("loadtest: the connection broke off inside the answer")
)

// maxLine bounds a head and a line of framing, in bytes.
const maxLine = 64 << 10

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

// answer reads one HTTP/1.1 response off a connection, in whatever pieces it
// comes (RFC 9112). It is as much of HTTP as an event stream needs, and costs
// nothing per event.
type answer struct {
	status int
	events bool // it is an event stream
	retry  string
	at     section
	line   []byte // an unfinished head or line of framing
	left   int64  // of the body, or of the chunk
}

// feed takes bytes that came, and gives those of the body to sink.
func (a *answer) feed(p []byte, sink func([]byte) error) (err error) {
	for len(p) > 0 && err == nil {
		switch a.at {
		case inHead:
			p, err = a.head(p)
		case inChunk, inLength:
			n := min(int64(len(p)), a.left)
			err = sink(p[:n])
			p = p[n:]
			if a.left -= n; a.left == 0 {
				if a.at == inLength {
					a.at = inEnd
				} else {
					a.at = afterChunk
				}
			}
		case inRest:
			return sink(p)
		case inEnd:
			return nil // nothing was asked for
		default:
			p, err = a.framing(p)
		}
	}
	return err
}

// end says what the end of the connection means.
func (a *answer) end() error {
	if a.at == inEnd || a.at == inRest {
		return io.EOF
	}
	return errBroken
}

func (a *answer) framing(p []byte) ([]byte, error) {
	i := bytes.IndexByte(p, '\n')
	if i < 0 {
		if a.line = append(a.line, p...); len(a.line) > maxLine {
			return nil, errFraming
		}
		return nil, nil
	}
	line := p[:i]
	if len(a.line) > 0 {
		a.line = append(a.line, line...)
		line = a.line
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	switch a.at {
	case afterChunk:
		if len(line) != 0 {
			return nil, errFraming
		}
		a.at = inSize
	case inTrailer:
		if len(line) == 0 {
			a.at = inEnd
		}
	case inSize:
		size, ok := hex(line)
		if !ok {
			return nil, errFraming
		}
		if a.left, a.at = size, inChunk; size == 0 {
			a.at = inTrailer
		}
	}
	a.line = a.line[:0]
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

func (a *answer) head(p []byte) ([]byte, error) {
	before := len(a.line)
	a.line = append(a.line, p...)
	end := bytes.Index(a.line, []byte("\r\n\r\n"))
	if end < 0 {
		if len(a.line) > maxLine {
			return nil, errHead
		}
		return nil, nil
	}
	head, rest := string(a.line[:end]), p[end+4-before:]
	a.line = a.line[:0]
	var err error
	if len(head) < 12 || head[:7] != "HTTP/1." {
		return nil, errHead
	}
	if a.status, err = strconv.Atoi(head[9:12]); err != nil {
		return nil, fmt.Errorf("%w: its status is %q", errHead, head[9:12])
	}
	if a.status < 200 {
		return rest, nil // an interim response
	}
	return rest, a.fields([]byte(head))
}

func (a *answer) fields(head []byte) error {
	a.at = inRest
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			a.at = inSize
		case bytes.EqualFold(name, []byte("Content-Type")):
			a.events = bytes.HasPrefix(value, []byte("text/event-stream"))
		case bytes.EqualFold(name, []byte("Retry-After")):
			a.retry = string(value)
		case bytes.EqualFold(name, []byte("Content-Length")) && a.at == inRest:
			n, err := strconv.ParseInt(string(value), 10, 64)
			if err != nil || n < 0 {
				return errHead
			}
			if a.left, a.at = n, inLength; n == 0 {
				a.at = inEnd
			}
		}
	}
	if a.status == 204 {
		a.at = inEnd
	}
	return nil
}
