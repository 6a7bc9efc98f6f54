//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

var (
	errHead   = errors.New("bench: response head can't be understood")
	errFrame  = errors.New("bench: chunked framing is wrong")
	errStatus = errors.New("bench: answer is not 200")
)

// maxHead bounds a response head, so that garbage ends instead of growing.
const maxHead = 16 << 10

type section uint8

const (
	inHead section = iota
	inLength
	inSize
	inChunk
	afterChunk
	inTrailer
	inEnd
)

// response reads HTTP/1.1 responses off one connection, in whatever pieces
// they come, and counts the events in their bodies. It knows as much of HTTP
// as the servers measured here use.
type response struct {
	at     section
	line   []byte // an unfinished head or framing line
	left   int64  // of the body, or of the chunk
	closes bool   // the server will close the connection after this answer
	gap    bool   // the last body byte was a line's end
	events int64  // blank lines seen, over all responses
	body   int64  // body bytes, over all responses
}

// feed takes the bytes that came. It returns after the last of them, or at an
// answer's end, with what is left. sink, if not nil, gets the body's pieces.
func (r *response) feed(p []byte, sink func([]byte)) (rest []byte, done bool, err error) {
	for len(p) > 0 {
		switch r.at {
		case inHead:
			if p, err = r.head(p); err != nil {
				return nil, false, err
			}
		case inLength, inChunk:
			n := min(int64(len(p)), r.left)
			r.count(p[:n])
			if sink != nil {
				sink(p[:n])
			}
			p = p[n:]
			if r.left -= n; r.left == 0 && r.at == inLength {
				r.at = inEnd
			} else if r.left == 0 {
				r.at = afterChunk
			}
		default:
			if p, err = r.framing(p); err != nil {
				return nil, false, err
			}
		}
		if r.at == inEnd {
			r.at, r.gap = inHead, false
			return p, true, nil
		}
	}
	return nil, false, nil
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

// framing takes one line of the chunked coding (RFC 9112, section 7.1).
func (r *response) framing(p []byte) ([]byte, error) {
	i := bytes.IndexByte(p, '\n')
	if i < 0 {
		if r.line = append(r.line, p...); len(r.line) > maxHead {
			return nil, errFrame
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
			return nil, errFrame
		}
		r.at = inSize
	case inTrailer:
		if len(line) == 0 {
			r.at = inEnd
		}
	case inSize:
		size, ok := hex(line)
		if !ok {
			return nil, fmt.Errorf("%w: size %q", errFrame, line)
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

func (r *response) head(p []byte) ([]byte, error) {
	before := len(r.line)
	r.line = append(r.line, p...)
	end := bytes.Index(r.line, []byte("\r\n\r\n"))
	if end < 0 {
		if len(r.line) > maxHead {
			return nil, errHead
		}
		return nil, nil
	}
	head := r.line[:end+2]
	rest := p[end+4-before:]
	r.line = r.line[:0]
	if len(head) < 12 || !bytes.HasPrefix(head, []byte("HTTP/1.1 ")) {
		return nil, errHead
	}
	if string(head[9:12]) != "200" {
		return nil, fmt.Errorf("%w: %s", errStatus, head[9:12])
	}
	r.closes = false
	r.at, r.left = inHead, 0
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			r.at = inSize
		case bytes.EqualFold(name, []byte("Connection")):
			r.closes = bytes.EqualFold(value, []byte("close"))
		case bytes.EqualFold(name, []byte("Content-Length")) && r.at == inHead:
			n, err := strconv.ParseInt(string(value), 10, 64)
			if err != nil || n < 0 {
				return nil, errHead
			}
			if r.left, r.at = n, inLength; n == 0 {
				r.at = inEnd
			}
		}
	}
	if r.at == inHead {
		return nil, fmt.Errorf("%w: neither length nor chunks", errHead)
	}
	return rest, nil
}
