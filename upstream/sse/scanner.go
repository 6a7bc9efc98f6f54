// Package sse reads the event streams of model providers.
//
// It is the gateway's hot path: every token passes through it. The package
// follows WHATWG HTML, section 9.2.6 "Interpreting an event stream"
// (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation),
// as far as a gateway needs it: it yields each event's name and data, counts
// comments, and ignores id, retry and unknown fields.
//
// What a provider says of its failure beside the standard is not ignored, since
// the end marker may come right behind it. It is yielded as an event named
// error: a field "error" that has a value (llama.cpp's server), a line that
// begins as {"error" does, without a field's name (Ollama), and an event named
// error without data.
//
// A [Scanner] is driven by its caller in two steps, so that everything that one
// read brought can be passed on together:
//
//	for {
//		for s.Next(&ev) {
//			... // all events that are ready, no I/O in between
//		}
//		if err := s.Fill(); err != nil {
//			break // io.EOF: see Finish
//		}
//	}
package sse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxName bounds an event's name, which is kept beside the buffer. The longest
// that a known provider sends has under 60 bytes.
const maxName = 1024

// ErrTooLarge says that an event is larger than Options.MaxEvent, or its name
// longer than 1024 bytes. Errors that wrap it carry the sizes, never content.
var ErrTooLarge = errors.New("sse: event too large")

// Event is one event as the provider sent it. Its bytes are not validated: NUL
// and broken UTF-8 come through unchanged, where a browser would replace the
// latter.
type Event struct {
	// Name is the value of the last event line, empty where there was none.
	Name []byte
	// Data holds the values of all data lines, joined with LF.
	Data []byte
}

// Scanner cuts a byte stream into events. It allocates nothing per event, looks
// at every byte a fixed number of times however the input is split, and holds
// its buffer and at most 1 KiB beside it.
//
// A Scanner must not be used by two goroutines at once.
type Scanner struct {
	r    io.Reader
	opt  Options
	buf  []byte // what was read and is still needed; from cap-len on it is free
	err  error  // final, given by every further Fill
	lent *lent  // buf's memory, if it is borrowed

	// The event being put together: it begins at start, its data lines so far
	// are joined in place at buf[from:to].
	start    int
	from, to int
	hasData  bool
	name     []byte

	// The line being looked for begins at line. lf is the first LF from there
	// on, cr the first CR, len(buf) where there is none yet. Keeping both means
	// that no byte is searched twice for the same thing.
	line   int
	lf, cr int

	skipLF   bool // the byte before line is a CR that ended a read; its LF may follow
	fresh    bool // a byte order mark may still come
	reserved bool // Options.Reserve was called since the last event

	comments uint64
	work     uint64 // bytes searched and moved: what the tests hold linear
}

// New returns a scanner that reads from r. It does not read yet.
func New(r io.Reader, o Options) *Scanner {
	o = o.withDefaults()
	return &Scanner{r: r, opt: o, fresh: true}
}

// Comments returns the number of comment lines seen so far. Providers send them
// as heartbeats.
func (s *Scanner) Comments() uint64 { return s.comments }

// Pending is what was read and Next has not given yet. It stays valid as long as
// an event's bytes do.
func (s *Scanner) Pending() []byte { return s.buf[s.start:] }

// Err returns the error that every further Fill will return, nil if there is
// none yet. Next may run into one too.
func (s *Scanner) Err() error { return s.err }

// Next gives the next complete event that is already in the buffer, or returns
// false: then Fill is next. It does no I/O. The event's bytes stay valid until
// the next call of Next, Fill or Release.
//
// What section 9.2.6 leaves easy to get wrong:
//
//   - A line ends with LF, CR or CRLF. A CR is taken as a line end at once, also
//     as the last byte of a read: waiting to see whether an LF follows would
//     hold an event back until the provider speaks again. If the next read
//     begins with that LF, it is dropped.
//   - An event without a data line is not dispatched, its name is forgotten,
//     unless that is error.
//   - An event with an empty data line ("data" or "data:") is dispatched with
//     empty data: the data buffer then holds one LF, so it is not "an empty
//     string" when step 2 of the dispatch asks.
//   - One space after the colon is dropped, further ones are data.
//   - One byte order mark is dropped, at the very start only.
func (s *Scanner) Next(ev *Event) bool {
	for {
		end := min(s.lf, s.cr)
		if end == len(s.buf) {
			return false
		}
		line := s.buf[s.line:end]
		if len(line) == 0 {
			s.pass(end)
			if s.dispatch(ev) {
				return true
			}
			continue
		}
		if line[0] == ':' {
			s.comments++
		} else if value, ok := dataValue(line); ok {
			s.join(end-len(value), end)
		} else if value, ok := eventValue(line); ok {
			if len(value) > maxName {
				s.err = fmt.Errorf("%w: name of %d bytes, limit %d", ErrTooLarge, len(value), maxName)
				return false
			}
			s.name = append(s.name[:0], value...)
		} else if value := alarm(line); len(value) > 0 {
			s.name = append(s.name[:0], failed...)
			s.join(end-len(value), end)
		}
		s.pass(end)
		if !s.hasData && len(s.name) == 0 {
			s.start = s.line // an hour of heartbeats must not add up to one large event
		}
	}
}

// pass moves on to the line after the one that ends at end.
func (s *Scanner) pass(end int) {
	next := end + 1
	if s.buf[end] == '\r' {
		if next == len(s.buf) {
			s.skipLF = true
		} else if s.buf[next] == '\n' {
			next++
		}
	}
	s.line = next
	if s.lf < next {
		s.lf = s.seek('\n', next)
	}
	if s.cr < next {
		s.cr = s.seek('\r', next)
	}
}

// seek returns the index of the first c at or after from, len(buf) if there is
// none.
func (s *Scanner) seek(c byte, from int) int {
	i := bytes.IndexByte(s.buf[from:], c)
	if i < 0 {
		i = len(s.buf) - from
	}
	s.work += uint64(i) + 1
	return from + i
}

// join adds buf[from:to] to the event's data. Further lines move down over their
// own framing, which is at least as long as the LF that joins them.
func (s *Scanner) join(from, to int) {
	if !s.hasData {
		s.from, s.to, s.hasData = from, to, true
		return
	}
	s.buf[s.to] = '\n'
	s.to++
	s.to += copy(s.buf[s.to:], s.buf[from:to])
	s.work += uint64(to - from)
}

// dispatch ends the event at a blank line, and fills ev if it had data.
func (s *Scanner) dispatch(ev *Event) bool {
	s.start = s.line
	name := s.name
	s.name = s.name[:0]
	if !s.hasData {
		if string(name) != failed {
			return false
		}
		s.from, s.to = s.line, s.line
	}
	s.hasData, s.reserved = false, false
	ev.Name = name
	ev.Data = s.buf[s.from:s.to:s.to] // an append by the caller must not reach the next event
	return true
}

// dataValue returns the value of a data line.
func dataValue(line []byte) ([]byte, bool) {
	if len(line) >= 5 && string(line[:5]) == "data:" {
		return trimSpace(line[5:]), true
	}
	return line[len(line):], string(line) == "data"
}

// eventValue returns the value of an event line.
func eventValue(line []byte) ([]byte, bool) {
	if len(line) >= 6 && string(line[:6]) == "event:" {
		return trimSpace(line[6:]), true
	}
	return line[len(line):], string(line) == "event"
}

// failed is the name of events that say that the provider failed.
const failed = "error"

// alarm returns what a line beside the standard says of an error.
func alarm(line []byte) []byte {
	switch {
	case bytes.HasPrefix(line, []byte("error:")):
		return trimSpace(line[len("error:"):])
	case bytes.HasPrefix(line, []byte(`{"error"`)):
		return line
	}
	return nil
}

// trimSpace drops the one space that may stand after a field's colon.
func trimSpace(value []byte) []byte {
	if len(value) > 0 && value[0] == ' ' {
		return value[1:]
	}
	return value
}
