package loadtest

import (
	"bytes"
	"errors"
	"strconv"
)

// errEvent says that an event is larger than any that a provider sends.
var errEvent = errors.New("loadtest: an event of more than 64 MiB")

const maxEvent = 64 << 20

// block is one event of an event stream (WHATWG HTML 9.2.6). Its members are
// valid until the scanner is given more.
type block struct {
	id         uint64
	name, data []byte
}

// scanner cuts an event stream into events. Lines end with LF or CRLF. The zero
// value is ready; an event costs no memory of its own unless its data has
// several lines.
type scanner struct {
	buf []byte
	at  int // the first byte not looked at
}

// feed gives the scanner more bytes, which it copies.
func (s *scanner) feed(p []byte) error {
	if s.at > 0 {
		n := copy(s.buf, s.buf[s.at:])
		s.buf, s.at = s.buf[:n], 0
	}
	if len(s.buf)+len(p) > maxEvent {
		return errEvent
	}
	s.buf = append(s.buf, p...)
	return nil
}

// next returns the next whole event; false: more bytes are needed. What has
// neither data nor a name, as comments, is no event.
func (s *scanner) next() (b block, ok bool) {
	for {
		if b.data, ok = s.usual(); ok {
			return b, true
		}
		size := blockSize(s.buf[s.at:])
		if size < 0 {
			return block{}, false
		}
		whole := s.buf[s.at : s.at+size]
		s.at += size
		if read(whole, &b) {
			return b, true
		}
	}
}

// usual returns the data of an event as nearly all are: one line, and nothing
// else.
func (s *scanner) usual() (data []byte, ok bool) {
	p := s.buf[s.at:]
	const field = "data: "
	if len(p) < len(field)+2 || string(p[:len(field)]) != field {
		return nil, false
	}
	i := bytes.IndexByte(p, '\n')
	if i < len(field) || i+1 >= len(p) || p[i+1] != '\n' || p[i-1] == '\r' {
		return nil, false
	}
	s.at += i + 2
	return p[len(field):i], true
}

// blockSize is the length of the first block with its blank line; -1: it is
// not whole.
func blockSize(p []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(p[at:], '\n')
		if i < 0 {
			return -1
		}
		at += i + 1
		switch {
		case at < len(p) && p[at] == '\n':
			return at + 1
		case at+1 < len(p) && p[at] == '\r' && p[at+1] == '\n':
			return at + 2
		case i == 0 || i == 1 && p[at-2] == '\r':
			return at // a blank line at the very beginning
		}
	}
}

func read(p []byte, b *block) (some bool) {
	*b = block{}
	for len(p) > 0 {
		line := p
		if i := bytes.IndexByte(p, '\n'); i >= 0 {
			line, p = p[:i], p[i+1:]
		}
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		i := bytes.IndexByte(line, ':')
		if i <= 0 {
			continue // a comment, a blank line, or a field without a value
		}
		value := line[i+1:]
		if len(value) > 0 && value[0] == ' ' {
			value = value[1:]
		}
		switch string(line[:i]) {
		case "data":
			if b.data == nil {
				b.data = value
			} else {
				b.data = append(append(bytes.Clone(b.data), '\n'), value...)
			}
			some = true
		case "event":
			b.name, some = value, true
		case "id":
			b.id, _ = strconv.ParseUint(string(value), 10, 64) // no number: none
		}
	}
	return some
}
