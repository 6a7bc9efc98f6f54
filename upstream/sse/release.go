package sse

import (
	"bytes"
	"io"
	"sync"
)

// Release brings the buffer back to its initial size, or the smallest doubling
// of it that holds what is still unread. It ends the life of the last event's
// bytes. Call it once a large event is done with; Fill does so by itself only
// when the buffer is larger than Options.Threshold.
func (s *Scanner) Release() {
	if size := s.fit(); size < cap(s.buf) {
		s.move(make([]byte, 0, size))
	}
}

// Take makes the bytes of ev the caller's own, for as long as it likes. ev must
// be the event that Next gave last, with no Fill or Release since. It is meant
// for events too large to copy: the scanner then gives its buffer away with the
// event in it and starts a new one with the unread rest. An event that fills less
// than a quarter of the buffer is copied instead, so that it does not pin the
// memory of a larger one before it.
//
// held is the memory in bytes that ev now keeps alive.
func (s *Scanner) Take(ev *Event) (held int) {
	if len(ev.Data) < cap(s.buf)/4 {
		ev.Name, ev.Data = bytes.Clone(ev.Name), bytes.Clone(ev.Data)
		return cap(ev.Name) + cap(ev.Data)
	}
	held = cap(s.buf) + cap(s.name)
	s.name, s.lent = nil, nil
	s.move(make([]byte, 0, s.fit()))
	return held
}

// fit returns the size of the smallest buffer for what is pending and at least
// one byte more, unless that is more than an event may have.
func (s *Scanner) fit() int {
	size := s.opt.Buffer
	for size <= len(s.buf)-s.start && size < s.opt.MaxEvent {
		size = min(2*size, s.opt.MaxEvent)
	}
	return size
}

// Idle gives the buffer back while nothing is in it; Fill borrows another one.
// A stream that waits for its next event then holds none.
func (s *Scanner) Idle() {
	if s.start < len(s.buf) || cap(s.buf) != s.opt.Buffer {
		return
	}
	s.move(nil)
	s.giveBack()
}

// Close gives the buffer back with whatever is in it: there are no further
// events, and the last one's bytes are no longer valid. Closing again does
// nothing.
func (s *Scanner) Close() {
	if s.err == nil {
		s.err = io.EOF
	}
	s.buf, s.hasData = nil, false
	s.start, s.line, s.lf, s.cr = 0, 0, 0, 0
	s.giveBack()
}

func (s *Scanner) giveBack() {
	if s.lent != nil {
		buffers.Put(s.lent)
		s.lent = nil
	}
}

// buffers are those of scanners that have something to read. All scanners of a
// process use one size, or nearly all.
var buffers sync.Pool

type lent struct{ buf []byte }

// borrow is a buffer of the initial size.
func (s *Scanner) borrow() []byte {
	if l, ok := buffers.Get().(*lent); ok && cap(l.buf) == s.opt.Buffer {
		s.lent = l
		return l.buf[:0]
	}
	s.lent = &lent{make([]byte, 0, s.opt.Buffer)}
	return s.lent.buf
}
