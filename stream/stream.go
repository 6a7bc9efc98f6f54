package stream

import (
	"bytes"
	"sync"
	"time"
)

// NoLimit is the credit of a consumer that gives none: everything.
const NoLimit = ^uint64(0)

// Stall is told when a stream's buffer is full and when it has drained to
// half, each at most once before the other. It is called with the stream
// locked and must not call back. Package breaker has the one in use.
type Stall interface {
	OnFull()
	OnDrained()
}

// Meter is told what happens in a stream, for metrics. It is shared by many
// streams: safe for concurrent use, fast, never blocking.
type Meter interface {
	// Delivered: so many events were written in one go, the oldest of them
	// so long after it had been received from the provider.
	Delivered(events int, latency time.Duration)
	// Acknowledged is the same for acknowledgements.
	Acknowledged(events int, latency time.Duration)
	// Paused: reading from the provider stood still for so long.
	Paused(d time.Duration)
}

// Config is what a stream is made of.
type Config struct {
	ID       string           // unguessable
	Provider string           // as configured
	Model    string           // as configured
	Pages    *Pages           // lends the buffer; required
	Now      func() time.Time // the clock; required
	Stall    Stall            // nil: a full buffer waits for ever
	Meter    Meter            // nil: none
	// Stop cancels the provider's call. Called at most once, not locked, when
	// the stream ends otherwise than complete. Nil: nothing to cancel.
	Stop func()
	// Resumable: the consumer acknowledges and may come back. Otherwise the
	// stream is read once, and what is handed out need not be kept for long.
	Resumable bool
}

// Stream is one model call: what its provider has sent and its consumer has
// not acknowledged, in a bounded buffer, and its one end.
//
// One goroutine, the producer, calls Append, Flush and then End. One Reader
// at a time takes the events. Everything else may be called by anyone.
type Stream struct {
	cfg Config

	mu   sync.Mutex
	room sync.Cond // the producer waits here until full is false

	// The producer's side: appended is the number of the newest event.
	enc      Encoder
	appended uint64
	full     bool // since an event did not fit, until drained to half
	need     int  // bytes that the producer waits for
	pausedAt time.Time
	paused   time.Duration

	// What is held. An event larger than the buffer is held alone, as large.
	buf   buffer
	large large

	// The consumer's side: acked <= sent <= appended, and sent <= max.
	reader  *Reader
	acked   uint64
	sent    uint64
	max     uint64
	tail    Decoder // stands at acked; kept only if resumable
	toWrite marks   // when the events not yet written were received
	toAck   marks   // when the events not yet acknowledged were received

	ended bool
	end   End
}

// New makes a stream. Its events begin with number 1.
func New(cfg Config) *Stream {
	s := &Stream{cfg: cfg}
	s.room.L = &s.mu
	s.buf.pages = cfg.Pages
	return s
}

// Append takes the provider's next event, which was received at that time.
// It copies what it keeps. While the buffer is full it waits: that is the
// back-pressure. It returns ErrEnded once the stream has ended.
//
// The consumer is not woken: call Flush when no more events are at hand.
func (s *Stream) Append(ev Event, received time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return ErrEnded
	}
	if textSize(ev) > s.cfg.Pages.size {
		own := Event{Name: bytes.Clone(ev.Name), Data: bytes.Clone(ev.Data)}
		return s.appendLarge(own, received, nil)
	}
	record := s.enc.Encode(ev)
	if len(record) > s.cfg.Pages.size { // whole, and its head made it too large
		own := Event{Name: bytes.Clone(ev.Name), Data: bytes.Clone(ev.Data)}
		return s.appendLarge(own, received, nil)
	}
	if s.large.held || !s.buf.fits(len(record)) {
		if err := s.wait(len(record)); err != nil {
			return err
		}
	}
	s.buf.append(record)
	s.took(received)
	return nil
}

// AppendOwned is Append for an event whose memory is accounted for elsewhere:
// an event larger than the buffer is not copied, the stream owns it from now
// on. free is called once, when the stream no longer holds it; it must not
// block nor call back.
func (s *Stream) AppendOwned(ev Event, received time.Time, free func()) error {
	if textSize(ev) <= s.cfg.Pages.size-maxHead {
		defer free()
		return s.Append(ev, received)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		free()
		return ErrEnded
	}
	return s.appendLarge(ev, received, free)
}

// appendLarge holds an event larger than the buffer: the buffer drains first,
// then the event travels alone.
func (s *Stream) appendLarge(ev Event, received time.Time, free func()) error {
	s.enc.Reset()
	if s.large.held || s.buf.used() > 0 {
		if err := s.wait(s.cfg.Pages.size); err != nil {
			if free != nil {
				free()
			}
			return err
		}
	}
	s.large = large{held: true, event: ev, free: free}
	s.took(received)
	return nil
}

func (s *Stream) took(received time.Time) {
	s.appended++
	if s.cfg.Meter == nil {
		return
	}
	s.toWrite.add(s.appended, received)
	if s.cfg.Resumable {
		s.toAck.add(s.appended, received)
	}
}

// wait holds the producer until the buffer has drained to half and has room
// for n bytes more. The consumer is woken first: it may have room to give.
func (s *Stream) wait(n int) error {
	s.wakeLocked()
	if s.ended { // meanwhile
		return ErrEnded
	}
	if s.hasRoom(n) {
		return nil
	}
	s.pausedAt = s.cfg.Now()
	s.full, s.need = true, n
	if s.cfg.Stall != nil {
		s.cfg.Stall.OnFull()
	}
	for s.full {
		s.room.Wait()
	}
	d := s.cfg.Now().Sub(s.pausedAt)
	s.pausedAt = time.Time{}
	s.paused += d
	if s.cfg.Meter != nil {
		s.cfg.Meter.Paused(d)
	}
	if s.ended {
		return ErrEnded
	}
	return nil
}

func (s *Stream) hasRoom(n int) bool { return !s.large.held && s.buf.fits(n) }

// release frees the events up to and including seq.
func (s *Stream) release(seq uint64) {
	if seq <= s.acked {
		return
	}
	if s.cfg.Meter != nil && s.cfg.Resumable {
		if events, since := s.toAck.take(seq); events > 0 {
			s.cfg.Meter.Acknowledged(events, s.cfg.Now().Sub(since))
		}
	}
	for ; s.acked < seq; s.acked++ {
		if s.buf.used() == 0 {
			s.large.drop()
			s.tail.Reset()
			continue
		}
		held := s.buf.oldest()
		_, _, size, err := cutRecord(held)
		if s.cfg.Resumable && err == nil {
			_, size, err = s.tail.Decode(held)
		}
		if err != nil {
			panic("stream: the buffer holds a record that its own decoder can't read")
		}
		s.buf.release(size)
	}
	s.drained()
}

// drained looks whether the consumer has made enough room for the producer to
// go on. Half of the buffer at least, so that a consumer that takes one event
// every now and then does not count as one that reads.
func (s *Stream) drained() {
	size := s.cfg.Pages.size
	if s.full && !s.large.held && s.buf.used() <= min(size/2, size-s.need) {
		s.resume()
	}
}

// resume lets the producer go on.
func (s *Stream) resume() {
	s.full = false
	if s.cfg.Stall != nil {
		s.cfg.Stall.OnDrained()
	}
	s.room.Signal()
}

// Flush wakes the consumer for what was appended.
func (s *Stream) Flush() {
	s.mu.Lock()
	s.wakeLocked()
	s.mu.Unlock()
}

// wakeLocked wakes the reader, with the lock given up meanwhile.
func (s *Stream) wakeLocked() {
	r := s.reader
	if r == nil || r.wake == nil {
		return
	}
	s.mu.Unlock()
	r.wake()
	s.mu.Lock()
}

// End ends the stream and reports whether this call did: the first one wins,
// and there is no second end. Unless it is complete the provider's call is
// cancelled; a waiting producer is released; the consumer is woken.
func (s *Stream) End(end End) bool {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return false
	}
	s.ended, s.end = true, end
	if s.full {
		s.resume()
	}
	s.mu.Unlock()

	if s.cfg.Stop != nil && end.Reason != Complete {
		s.cfg.Stop()
	}
	s.Flush()
	return true
}

// Ended returns the stream's end, and whether it has one already.
func (s *Stream) Ended() (End, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end, s.ended
}

// ID, Provider and Model are as configured.
func (s *Stream) ID() string       { return s.cfg.ID }
func (s *Stream) Provider() string { return s.cfg.Provider }
func (s *Stream) Model() string    { return s.cfg.Model }

// Drop frees what is held, for a stream that nobody will read any further.
// Call it only after End.
func (s *Stream) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reader = nil
	s.buf.drop()
	s.large.drop()
}
