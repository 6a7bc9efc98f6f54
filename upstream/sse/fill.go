package sse

import (
	"fmt"
	"io"
)

// maxEmptyReads is how often in a row a reader may return no bytes and no error
// before Fill gives up. Without it a broken reader takes a whole core.
const maxEmptyReads = 100

// bom is the byte order mark in UTF-8.
const bom = "\xEF\xBB\xBF"

// Fill reads once from the reader into the buffer. Call it when Next has returned
// false: what Next has not given yet stays and takes room.
//
// Errors: io.EOF at the end of the input and any other error of the reader, as
// the reader gives them; io.ErrNoProgress when the reader returns nothing 100
// times; ErrTooLarge, wrapped. These are final, every further call returns the
// same one. If the reader returns bytes together with an error, the error is
// kept for the following call. An error of Options.Reserve is returned as it is
// and not kept: the next call asks again.
func (s *Scanner) Fill() error {
	if s.err != nil {
		return s.err
	}
	if err := s.room(); err != nil {
		return err
	}
	had := len(s.buf)
	for range maxEmptyReads {
		n, err := s.r.Read(s.buf[had:cap(s.buf)])
		if n < 0 || n > cap(s.buf)-had {
			panic("sse: the reader returned an impossible count")
		}
		if n > 0 {
			s.buf = s.buf[:had+n]
			s.err = err
			s.filled(had)
			return nil
		}
		if err != nil {
			s.err = err
			return err
		}
	}
	s.err = io.ErrNoProgress
	return s.err
}

// room makes place for at least one byte.
func (s *Scanner) room() error {
	if cap(s.buf) == 0 {
		s.buf = s.borrow()
	}
	if cap(s.buf) > s.opt.Threshold && !s.reserved {
		s.Release() // the last event was large: its memory must not stay with an idle stream
	}
	// An event moves to the front at most once, since it then begins at 0: the
	// cost stays linear.
	if s.start > 0 {
		s.move(s.buf[:0])
	}
	size := cap(s.buf)
	if len(s.buf) == size {
		if size >= s.opt.MaxEvent {
			s.err = fmt.Errorf("%w: %d bytes and no end, limit %d", ErrTooLarge, len(s.buf), s.opt.MaxEvent)
			return s.err
		}
		size = min(2*size, s.opt.MaxEvent)
	}
	if size > s.opt.Threshold && !s.reserved {
		if s.opt.Reserve != nil {
			if err := s.opt.Reserve(s.opt.MaxEvent); err != nil {
				return err
			}
		}
		s.reserved = true
	}
	if size > cap(s.buf) {
		s.move(make([]byte, 0, size))
	}
	return nil
}

// filled brings the marks up to date after a read that begins at had.
func (s *Scanner) filled(had int) {
	if s.skipLF {
		s.skipLF = false
		if s.buf[had] == '\n' {
			if s.start == s.line {
				s.start++
			}
			s.line++
		}
	}
	if s.fresh {
		s.dropBOM()
	}
	if s.lf == had {
		s.lf = s.seek('\n', max(had, s.line))
	}
	if s.cr == had {
		s.cr = s.seek('\r', max(had, s.line))
	}
}

// dropBOM skips a byte order mark at the start of the input. While only a part
// of one is there, Next waits by itself: none of its bytes ends a line.
func (s *Scanner) dropBOM() {
	n := min(len(s.buf), len(bom))
	s.fresh = n < len(bom) && string(s.buf[:n]) == bom[:n]
	if string(s.buf[:n]) == bom {
		s.start, s.line = n, n
	}
}

// move copies what is pending to the front of to, which becomes the buffer.
func (s *Scanner) move(to []byte) {
	by := s.start
	s.buf = append(to, s.buf[by:]...)
	s.work += uint64(len(s.buf))
	s.start = 0
	s.from -= by
	s.to -= by
	s.line -= by
	s.lf -= by
	s.cr -= by
}
