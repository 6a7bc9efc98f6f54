package stream

import "time"

// Reader is the consumer's side of a stream: one at a time, the newest wins.
// Its methods are called by one goroutine at a time.
type Reader struct {
	s      *Stream
	dec    Decoder
	wake   func()
	direct Direct
	stale  bool // dec is: it stands before the reader
	behind bool // the consumer's decoder is: events were acknowledged that it was not given
	given  given
}

// Attach makes a new reader the stream's only one; one attached before is
// superseded. The consumer has applied the events up to and including seq and
// takes up to and including max; the reader goes on after seq. It returns
// ErrGone when seq was never sent or is no longer held, and when the stream is
// not resumable and has handed out events already.
//
// wake is called, not locked, whenever there may be something to take: after
// Flush and End, in the goroutine of their caller. It must not block.
func (s *Stream) Attach(seq, max uint64, wake func()) (*Reader, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq < s.acked || seq > s.furthest() {
		return nil, ErrGone
	}
	if !s.cfg.Resumable && (s.sent > 0 || s.passing) { // where the first reader stands is not known
		return nil, ErrGone
	}
	if seq < s.appended && s.buf.used() == 0 && !s.large.held { // dropped
		return nil, ErrGone
	}
	r := &Reader{s: s, wake: wake}
	s.reader = r
	s.release(seq)
	s.max = max
	if s.cfg.Resumable {
		s.reached, s.sent = s.furthest(), seq
		s.buf.rewind()
		r.stale, r.behind = true, false
	}
	return r, nil
}

// furthest is the newest event that was ever handed out. A consumer that came
// back may have applied it meanwhile, though its new connection did not get so
// far.
func (s *Stream) furthest() uint64 { return max(s.reached, s.sent) }

// Detach leaves the stream without a reader, unless another has taken over.
func (r *Reader) Detach() {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.s.reader == r {
		r.s.reader = nil
	}
}

// Next hands out the next event, if there is one and credit for it. The event
// is valid until the next call.
func (r *Reader) Next(ev *Event) (seq uint64, ok bool) { return r.next(ev, nil) }

// next is Next, and with record NextRecord.
func (r *Reader) next(ev *Event, record *[]byte) (seq uint64, ok bool) {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reader != r || s.sent == s.appended || s.sent >= s.max {
		return 0, false
	}
	if r.behind {
		r.stale, r.behind, r.given = true, false, givenNothing
	}
	if unread := s.buf.unread(); len(unread) > 0 {
		passes := record != nil && r.given.take(unread)
		var n int
		if passes && s.cfg.Pages.size <= MaxBase && s.cfg.Resumable {
			n = mustCut(unread)
			*ev, r.stale = Event{}, true
		} else {
			n = r.decode(unread, ev)
		}
		if passes {
			*record = append(*record, unread[:n]...)
		}
		s.buf.handOut(n)
	} else {
		r.dec.Reset()
		r.stale, r.given = false, givenNothing
		*ev = s.large.event
	}
	s.sent++
	return s.sent, true
}

// decode decodes the first record of unread, and returns how long it is. Only
// here, and not when it became stale, the decoder is made to stand where the
// reader does: the event given before shares its memory.
func (r *Reader) decode(unread []byte, ev *Event) (size int) {
	s := r.s
	if r.stale {
		r.stale = false
		r.dec.Follow(&s.tail)
		for given := s.buf.given(); len(given) > 0; {
			given = given[mustDecode(&r.dec, given, ev):]
		}
	}
	size = mustDecode(&r.dec, unread, ev)
	if !s.cfg.Resumable {
		n := textSize(*ev)
		s.raw.held -= n
		s.raw.sent += n
	}
	return size
}

// mustDecode is Decode of what an Encoder has made.
func mustDecode(d *Decoder, p []byte, ev *Event) (size int) {
	var err error
	if *ev, size, err = d.Decode(p); err != nil {
		panic(unreadable)
	}
	return size
}

// mustCut is how long the first record of what an Encoder has made is.
func mustCut(p []byte) (size int) {
	_, _, size, err := cutRecord(p)
	if err != nil {
		panic(unreadable)
	}
	return size
}

const unreadable = "stream: the buffer holds a record that its own decoder can't read"

// Delivered says that all events handed out have been written to the
// consumer's connection by now.
func (r *Reader) Delivered(now time.Time) {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cfg.Meter == nil || s.reader != r {
		return
	}
	if events, since := s.toWrite.take(s.sent); events > 0 {
		s.cfg.Meter.Delivered(events, now.Sub(since))
	}
}

// Ack says that the consumer has applied the events up to and including seq
// and takes up to and including max. Both only ever grow: a smaller number
// changes nothing. Events handed out to an earlier reader may be acknowledged
// here, too: they are not handed out again. It returns ErrBeyondSent for a seq
// that was never handed out, and ErrSuperseded when another reader has taken
// over.
func (r *Reader) Ack(seq, max uint64) error {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reader != r {
		return ErrSuperseded
	}
	if seq > s.furthest() {
		return ErrBeyondSent
	}
	if max > s.max {
		s.max = max
	}
	s.release(seq)
	return nil
}

// End returns the stream's end once every event has been handed out.
func (r *Reader) End() (End, bool) {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reader != r || !s.ended || s.sent < s.appended {
		return End{}, false
	}
	return s.end, true
}
