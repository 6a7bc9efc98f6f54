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
	// Raw bounds what the events held had in bytes when the provider sent them,
	// however well the buffer encodes them: it is what was taken from the
	// provider and paid for, beyond what the consumer has. 0: no such bound.
	Raw int
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
	batch    batch // not guarded: the producer's own
	passing  bool  // there is a batch
	full     bool  // since an event did not fit, until drained to half
	need     int   // bytes that the producer waits for
	needRaw  int   // the same, as the provider sent them
	pausedAt time.Time
	paused   time.Duration

	// What is held. An event larger than the buffer is held alone, as large.
	buf   buffer
	large large
	raw   raw

	// The consumer's side: acked <= sent <= appended, and sent <= max.
	reader  *Reader
	acked   uint64
	sent    uint64
	reached uint64 // the newest event handed out before sent went back
	passed  uint64 // the newest event that went past the buffer
	max     uint64
	tail    Decoder // stands at acked; kept only if resumable
	toWrite marks   // when the events not yet written were received
	toAck   marks   // when the events not yet acknowledged were received

	ended   bool
	end     End
	settled *End // what the end will be, once that is known
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
	size := textSize(ev)
	if s.batch.to != nil {
		if s.offer(ev, size) {
			return nil
		}
		s.Flush()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return ErrEnded
	}
	if size > s.cfg.Pages.size {
		return s.appendLarge(own(ev), received, nil)
	}
	if s.begin(ev, size, received) {
		return nil
	}
	record := s.enc.Encode(ev)
	if len(record) > s.cfg.Pages.size { // whole, and its head made it too large
		return s.appendLarge(own(ev), received, nil)
	}
	if !s.hasRoom(len(record), size) {
		if err := s.wait(len(record), size); err != nil {
			return err
		}
	}
	s.buf.append(record)
	s.raw.held += size
	s.appended++
	s.mark(s.appended, received)
	return nil
}

// own is a copy of an event that the stream may keep.
func own(ev Event) Event {
	return Event{Name: bytes.Clone(ev.Name), Data: bytes.Clone(ev.Data)}
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
	if s.batch.to != nil {
		s.Flush()
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
	if !s.hasRoom(s.cfg.Pages.size, s.cfg.Raw) {
		if err := s.wait(s.cfg.Pages.size, s.cfg.Raw); err != nil {
			if free != nil {
				free()
			}
			return err
		}
	}
	s.large = large{held: true, event: ev, free: free}
	s.appended++
	s.mark(s.appended, received)
	return nil
}

// mark notes when the events from seq on were received.
func (s *Stream) mark(seq uint64, received time.Time) {
	if s.cfg.Meter == nil {
		return
	}
	s.toWrite.add(seq, received)
	if s.cfg.Resumable {
		s.toAck.add(seq, received)
	}
}

// wait holds the producer until the buffer has drained to half and has room
// for a record of n bytes, of an event of size bytes. The consumer is woken
// first: it may have room to give.
func (s *Stream) wait(n, size int) error {
	s.flushLocked()
	if s.ended {
		return ErrEnded
	}
	if s.hasRoom(n, size) {
		return nil
	}
	s.pausedAt = s.cfg.Now()
	s.full, s.need, s.needRaw = true, n, size
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

// hasRoom says whether a record of n bytes, of an event of size bytes, fits.
func (s *Stream) hasRoom(n, size int) bool {
	return !s.large.held && s.buf.fits(n) && s.raw.fits(size, s.cfg.Raw)
}

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
	s.acked = max(s.acked, min(s.passed, seq))
	for ; s.acked < seq; s.acked++ {
		if s.buf.used() == 0 {
			s.large.drop()
			s.tail.Reset()
			continue
		}
		held := s.buf.oldest()
		size := mustCut(held)
		if s.cfg.Resumable {
			var ev Event
			mustDecode(&s.tail, held, &ev)
			s.raw.held -= textSize(ev)
		}
		s.buf.release(size)
	}
	if s.sent < s.acked { // the consumer has it from a connection before this one
		s.sent, s.reader.behind = s.acked, true
	}
	if s.acked == s.sent { // where nobody resumes, only then is it known
		s.raw.sent = 0
	}
	s.drained()
}

// drained looks whether the consumer has made enough room for the producer to
// go on. Half of the buffer at least, so that a consumer that takes one event
// every now and then does not count as one that reads.
func (s *Stream) drained() {
	size := s.cfg.Pages.size
	if s.full && !s.large.held && s.buf.used() <= min(size/2, size-s.need) && s.raw.half(s.needRaw, s.cfg.Raw) {
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

// Flush wakes the consumer for what was appended. Only the producer calls it.
func (s *Stream) Flush() {
	s.mu.Lock()
	s.settle()
	s.flushLocked()
	s.mu.Unlock()
}

// flushLocked is Flush, with the lock given up meanwhile.
func (s *Stream) flushLocked() {
	r := s.reader
	if r == nil || r.wake == nil && r.direct == nil {
		return
	}
	s.mu.Unlock()
	if r.direct != nil {
		r.direct.Flush()
	} else {
		r.wake()
	}
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
	if s.settled != nil {
		end = *s.settled
	}
	s.ended, s.end = true, end
	if s.full {
		s.resume()
	}
	r := s.reader
	s.mu.Unlock()

	if s.cfg.Stop != nil && end.Reason != Complete {
		s.cfg.Stop()
	}
	if r != nil && r.wake != nil {
		r.wake()
	}
	return true
}

// Settle says what the end will be, whoever calls End from now on: the provider
// has said that it failed, and what the consumer does after having read that is
// not why the answer is not whole.
func (s *Stream) Settle(end End) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.settled == nil {
		s.settled = &end
	}
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
	s.raw = raw{}
}
