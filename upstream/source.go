package upstream

import (
	"errors"
	"io"
	"time"

	"tidegate/stream"
	"tidegate/upstream/dialect"
	"tidegate/upstream/sse"
)

// linger is how long, and drainage how many bytes, a finished answer may go
// on before its connection is given up instead of reused.
const (
	linger   = 250 * time.Millisecond
	drainage = 4 << 10
)

var (
	errSilent  = errors.New("upstream: the provider was silent for too long")
	errToldAll = errors.New("upstream: the provider has said that it failed")
)

// source is a provider's stream under way.
type source struct {
	*underWay
	body  io.ReadCloser
	wait  waiter // body
	scan  *sse.Scanner
	judge dialect.Judge
	// ends says that the answer's having finished is its end, if its body ends
	// well, hide that events of usage are not for the client, and stored that
	// the usage was counted when the answer was made.
	ends, hide, stored bool

	pumped *stream.Stream // nil before Pump
	quiet  *silence       // nil before Pump

	early    []stream.Event  // heartbeats before the first event
	event    sse.Event       // received and not yet appended
	verdict  dialect.Verdict // on event
	received time.Time       // when the newest bytes were
	pace     pace
	whole    bool        // the end was seen
	failed   *stream.End // the provider has said so
	large    *reservation
	wide     bool      // the receive buffer is the large one
	since    time.Time // when the count of taken began
	taken    int       // bytes of events, of each at most wideShare
	excess   int       // what did not count of the newest, which is held alone if it is large
}

func newSource(u *underWay, api stream.API, body io.ReadCloser) *source {
	p := u.provider
	wait, ok := body.(waiter)
	if !ok {
		b := &sipped{ReadCloser: body}
		body, wait = b, b
	}
	s := &source{
		underWay: u, body: body, wait: wait, judge: p.dialect.Judge(api),
		ends: p.finishReason || p.dialect.EndsByFinish(api),
	}
	s.scan = sse.New(body, sse.Options{
		Buffer:    p.limits.ReadBuffer,
		MaxEvent:  p.limits.MaxEvent,
		Threshold: largeUnreserved,
		Reserve:   s.reserve,
	})
	return s
}

// reserve waits for a share of what all large events may have. Meanwhile
// nothing is read, which is not the provider's silence, and the consumer has
// what came before.
func (s *source) reserve(size int) (err error) {
	if s.pumped != nil {
		s.pumped.Flush()
		if s.quiet.heard() {
			began := time.Now()
			defer func() { s.quiet.wait(s.pace.pause(time.Since(began))) }()
		}
	}
	s.large, err = s.provider.limits.Oversize.reserve(s.ctx, int64(size))
	return err
}

// largeUnreserved is the size in bytes up to which an event is read before
// there is a reservation for it.
const largeUnreserved = 16 << 10

// waiter is a body that can tell when there is something to read, so that a
// stream that waits holds no buffer, and when there is more, so that all of it
// is passed on together.
type waiter interface {
	Wait()
	Ready() bool
	Widen(size int)
}

func (s *source) fill() error {
	if s.scan.Err() == nil {
		s.scan.Idle()
		s.wait.Wait()
	}
	err := s.scan.Fill()
	s.received = time.Now()
	return err
}

// Pump implements stream.Source.
func (s *source) Pump(st *stream.Stream) stream.End {
	s.pumped = st
	s.quiet = newSilence(s.provider.timeouts.Silence, func() { s.cancel(errSilent) })
	defer s.quiet.stop()

	for _, heartbeat := range s.early {
		if st.Append(heartbeat, s.received) != nil {
			break // take says why
		}
	}
	s.early = nil
	end := s.pump(st)
	if s.failed != nil {
		end = s.failed
	}
	if !s.stored {
		end.Usage = s.judge.Usage()
	}
	return *end
}

func (s *source) pump(st *stream.Stream) *stream.End {
	for {
		if end := s.take(st); end != nil {
			return end
		}
		if !s.next() {
			st.Flush()
			if !s.wide {
				s.widen(st)
			}
			if end := s.await(); end != nil {
				return end
			}
		}
		s.verdict = s.judge.Event(stream.Event(s.event))
	}
}

// next gives the next event that is here already.
func (s *source) next() bool {
	for !s.scan.Next(&s.event) {
		if !s.wait.Ready() || s.scan.Fill() != nil {
			return false // an error is given again by the next Fill
		}
	}
	return true
}

// await reads until the next event is at hand.
func (s *source) await() *stream.End {
	now := time.Now()
	until := s.pace.wait(now, s)
	if !until.After(now) {
		s.cancel(errSilent) // heartbeats have come in between the timer's looks
	}
	s.quiet.wait(until)
	defer s.quiet.heard()
	for {
		if err := s.fill(); err != nil {
			end := s.ended(err)
			return &end
		}
		if s.scan.Next(&s.event) {
			s.pace.over(s.received)
			return nil
		}
		s.quiet.wait(s.pace.lives(s.received)) // a comment, or a part of an event
	}
}

// take appends the event at hand. It returns the stream's end if that was it.
func (s *source) take(st *stream.Stream) *stream.End {
	s.pace.judged(s.verdict)
	if s.failing() {
		s.fail(st)
	}
	switch {
	case s.verdict == dialect.Marker:
		s.whole = true
		return &stream.End{Reason: stream.Complete}
	case s.verdict == dialect.Tally && s.hide, s.verdict == dialect.Foreign, s.verdict == dialect.Void:
		s.forget()
		return nil
	case s.verdict == dialect.Last && s.failed != nil: // nobody may take the answer for a whole one by it
		s.forget()
		s.whole = true
		return s.failed
	}
	if err := s.append(st); err != nil {
		end, ok := st.Ended()
		if !ok { // no share of the large events, and none to wait for
			end = s.ended(err)
		}
		return &end
	}
	if s.verdict == dialect.Last {
		s.whole = true
		return &stream.End{Reason: stream.Complete}
	}
	return nil
}

// fail notes that the provider has said that it failed. What it says behind
// that is the client's, too, such as the failed response behind an error event
// of Responses; it has linger for that. An error that the client does not know
// for one is followed by one of the gateway's.
func (s *source) fail(st *stream.Stream) {
	if s.failed != nil {
		return
	}
	if status, _ := s.provider.dialect.Failed(s.event.Data); outcomeOf(errorStatus(status)).sick() {
		s.leave.Failed()
	}
	s.failed = &stream.End{
		Reason: stream.UpstreamError, Cause: stream.CauseErrorEvent,
		Message: "the provider sent an error in its stream", Told: s.verdict == dialect.Error,
	}
	st.Settle(*s.failed) // before the client can have read it, and gone
	time.AfterFunc(linger, func() { s.cancel(errToldAll) })
}

// forget gives back what was reserved for an event that is not passed on.
func (s *source) forget() {
	s.large.free()
	s.large = nil
}

func (s *source) append(st *stream.Stream) error {
	counts := min(len(s.event.Data), wideShare)
	s.taken += counts
	s.excess = len(s.event.Data) - counts
	if s.large == nil && len(s.event.Name)+len(s.event.Data) < s.provider.limits.Buffer-16 {
		return st.Append(stream.Event(s.event), s.received)
	}
	held := int64(s.scan.Take(&s.event))
	large := s.large
	s.large = nil
	if large == nil {
		st.Flush() // the wait may be long
		var err error
		if large, err = s.provider.limits.Oversize.reserve(s.ctx, held); err != nil {
			return err
		}
	}
	large.shrink(held)
	return st.AppendOwned(stream.Event(s.event), s.received, large.free)
}

// Close implements stream.Source.
func (s *source) Close() {
	if s.whole {
		// the end of the body comes right behind the end marker; once it is
		// read the connection can be used again
		timer := time.AfterFunc(linger, func() { s.cancel(nil) })
		_, _ = io.CopyN(io.Discard, s.body, drainage)
		timer.Stop()
	}
	s.drop()
	s.end()
}

// drop cuts the stream, and leaves what its call holds.
func (s *source) drop() {
	s.forget()
	s.cancel(nil)
	_ = s.body.Close()
	s.scan.Close()
}
