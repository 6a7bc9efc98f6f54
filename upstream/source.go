package upstream

import (
	"context"
	"errors"
	"fmt"
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

var errSilent = errors.New("upstream: the provider was silent for too long")

// source is a provider's stream under way.
type source struct {
	provider *Provider
	body     io.ReadCloser
	wait     waiter // body, if it is one
	scan     *sse.Scanner
	judge    dialect.Judge
	ctx      context.Context
	cancel   context.CancelCauseFunc

	pumped *stream.Stream // nil before Pump
	quiet  *silence       // nil before Pump

	event    sse.Event // received and not yet appended
	received time.Time // when the newest bytes were
	whole    bool      // the end marker was seen
	large    *reservation
	wide     bool      // the receive buffer is the large one
	since    time.Time // when the count of taken began
	taken    int       // bytes of events
}

func newSource(ctx context.Context, cancel context.CancelCauseFunc, p *Provider, api stream.API, body io.ReadCloser) *source {
	s := &source{provider: p, body: body, judge: p.dialect.Judge(api), ctx: ctx, cancel: cancel}
	s.wait, _ = body.(waiter)
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
			defer func() { s.quiet.wait(time.Now()) }()
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

// first reads until the first event is there. The returned error is the
// reader's; io.EOF says that the provider ended without one.
func (s *source) first() error {
	for !s.scan.Next(&s.event) {
		if err := s.fill(); err != nil {
			if _, ok := s.scan.Finish(&s.event); ok && err == io.EOF {
				return nil
			}
			return err
		}
	}
	return nil
}

func (s *source) fill() error {
	if s.wait != nil && s.scan.Err() == nil {
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

	for {
		if end := s.take(st); end != nil {
			return *end
		}
		if s.next() {
			continue
		}
		st.Flush()
		if !s.wide {
			s.widen(st)
		}
		if end := s.await(); end != nil {
			return *end
		}
	}
}

// next gives the next event that is here already.
func (s *source) next() bool {
	for !s.scan.Next(&s.event) {
		if s.wait == nil || !s.wait.Ready() || s.scan.Fill() != nil {
			return false // an error is given again by the next Fill
		}
	}
	return true
}

// A stream of which the consumer takes wideAfter bytes within wideWithin gets a
// receive buffer of wideBuffer bytes. No model speaks so fast: this is for
// bulk, which small windows would cost half of its throughput. What a provider
// can send ahead of a consumer that stalls in a model's answer stays small.
const (
	wideAfter  = 128 << 10
	wideWithin = time.Second / 4
	wideBuffer = 64 << 10
)

func (s *source) widen(st *stream.Stream) {
	switch {
	case s.received.Sub(s.since) > wideWithin:
		s.since, s.taken = s.received, 0
	case s.taken > wideAfter && s.taken-st.Stats().Raw > wideAfter:
		s.wide = true
		if s.wait != nil {
			s.wait.Widen(wideBuffer)
		}
	}
}

// await reads until the next event is at hand.
func (s *source) await() *stream.End {
	s.quiet.wait(time.Now())
	defer s.quiet.heard()
	for comments := s.scan.Comments(); ; {
		if err := s.fill(); err != nil {
			end := s.ended(err)
			return &end
		}
		if s.scan.Next(&s.event) {
			return nil
		}
		if s.scan.Comments() != comments {
			// a heartbeat: the connection lives, the answer does not go on
			comments = s.scan.Comments()
			continue
		}
		s.quiet.wait(s.received) // a part of an event
	}
}

// take appends the event at hand. It returns the stream's end if that was it.
func (s *source) take(st *stream.Stream) *stream.End {
	verdict := s.judge.Event(stream.Event(s.event))
	if verdict == dialect.Marker {
		s.whole = true
		return &stream.End{Reason: stream.Complete}
	}
	if err := s.append(st); err != nil {
		end, ok := st.Ended()
		if !ok { // no share of the large events, and none to wait for
			end = s.ended(err)
		}
		return &end
	}
	if verdict == dialect.Error {
		return &stream.End{
			Reason: stream.UpstreamError, Cause: stream.CauseErrorEvent,
			Message: "the provider sent an error in its stream", Told: true,
		}
	}
	return nil
}

func (s *source) append(st *stream.Stream) error {
	s.taken += len(s.event.Data)
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

// ended says what an end of the provider's bytes means.
func (s *source) ended(err error) stream.End {
	switch {
	case err == io.EOF:
		return s.endOfBody()
	case context.Cause(s.ctx) == errSilent:
		return stream.End{
			Reason: stream.UpstreamStalled, Cause: stream.CauseSilence,
			Message: fmt.Sprintf("the provider sent nothing for %v", s.provider.timeouts.Silence),
		}
	case errors.Is(err, sse.ErrTooLarge):
		return stream.End{
			Reason:  stream.TooLarge,
			Message: fmt.Sprintf("the provider sent an event of more than %d bytes", s.provider.limits.MaxEvent),
		}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return stream.End{
			Reason: stream.UpstreamTruncated, Cause: stream.CauseCut,
			Message: "the provider closed its connection in the middle of the answer",
		}
	}
	return stream.End{
		Reason: stream.UpstreamError, Cause: stream.CauseReset,
		Message: "the connection to the provider broke in the middle of the answer",
	}
}

// endOfBody is the end of a body that ended well, without its end marker so
// far.
func (s *source) endOfBody() stream.End {
	rest, ok := s.scan.Finish(&s.event)
	switch {
	case ok && s.judge.Event(stream.Event(s.event)) == dialect.Marker:
		s.whole = true
		return stream.End{Reason: stream.Complete}
	case rest == 0 && s.provider.finishReason && s.judge.Finished():
		s.whole = true
		return stream.End{Reason: stream.Complete}
	}
	return stream.End{
		Reason: stream.UpstreamTruncated, Cause: stream.CauseNoMarker,
		Message: "the provider ended its answer without an end marker",
	}
}

// Close implements stream.Source.
func (s *source) Close() {
	s.large.free()
	if s.whole {
		// the end of the body comes right behind the end marker; once it is
		// read the connection can be used again
		timer := time.AfterFunc(linger, func() { s.cancel(nil) })
		_, _ = io.CopyN(io.Discard, s.body, drainage)
		timer.Stop()
	}
	s.cancel(nil)
	_ = s.body.Close()
	s.scan.Close()
}
