package stream

import "time"

// Direct is a consumer that takes events straight from the producer, in the
// producer's goroutine, while it has everything before them. The buffer is
// only for a consumer that does not keep up.
type Direct interface {
	// Offer hands out event seq, as Next would. False: the event is not taken.
	// The event is valid during the call. It must not block nor call back.
	Offer(seq uint64, ev Event) bool
	// Flush is called instead of wake by the producer: what was offered has to
	// go out now.
	Flush()
}

// TakeDirectly makes d the one to whom events are offered. To be called
// before the first event, for a stream that is not resumable.
func (r *Reader) TakeDirectly(d Direct) { r.direct = d }

// batch is events that were taken directly since the last Flush. They are
// accounted for together, so that an event by itself takes no lock.
type batch struct {
	to       Direct // nil: there is no batch
	from     uint64 // the newest event before it
	n        uint64
	size     int // raw
	room     int // raw, that there is
	received time.Time
}

// begin begins a batch with an event, if the consumer has everything before
// it and takes it.
func (s *Stream) begin(ev Event, size int, received time.Time) bool {
	r := s.reader
	if r == nil || r.direct == nil || s.sent != s.appended || s.max != NoLimit ||
		s.buf.used() > 0 || !s.hasRoom(0, size) {
		return false
	}
	s.batch = batch{to: r.direct, from: s.sent, room: s.raw.room(s.cfg.Raw), received: received}
	if !s.offer(ev, size) {
		s.batch = batch{}
		return false
	}
	s.passing = true
	return true
}

// offer adds an event to the batch, if the consumer takes it.
func (s *Stream) offer(ev Event, size int) bool {
	b := &s.batch
	if size > s.cfg.Pages.size || b.n > 0 && b.size+size > b.room || !b.to.Offer(b.from+b.n+1, ev) {
		return false
	}
	b.n++
	b.size += size
	return true
}

// settle accounts for the batch, and ends it.
func (s *Stream) settle() {
	b := s.batch
	s.batch, s.passing = batch{}, false
	if b.n == 0 {
		return
	}
	if s.passed != b.from { // what the buffer has held is no base any more
		s.enc = Encoder{}
		if s.reader != nil { // not detached meanwhile
			s.reader.dec = Decoder{}
		}
	}
	s.appended += b.n
	s.sent += b.n
	s.passed = s.sent
	s.raw.sent += b.size
	s.mark(b.from+1, b.received)
}
