package client

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"
)

// Stream is one model call. Events is for one goroutine at a time, all else is
// safe for concurrent use.
//
// A stream that is not read to its end has to be given up, by its context or
// by Close; until then it holds its window and a goroutine.
type Stream struct {
	c     *Client
	life  context.Context // done when nothing more can come
	over  context.CancelFunc
	aside func() bool   // forgets the application's context
	left  chan struct{} // closed when the stream's goroutine has ended

	mu   sync.Mutex
	news sync.Cond // of the following

	id       string
	epoch    uint64   // of this consumer: see Saved
	fresh    bool     // resumed by the application, and not attached so far
	link     link     // nil: not connected
	queue    []queued // received, not applied; at most a window
	received uint64
	applied  uint64
	granted  uint64      // max, as the gateway was told
	told     uint64      // applied, as the gateway was told
	toldAt   time.Time   // when it was
	untold   int         // bytes of the gateway's buffer that the events applied since then take
	owing    bool        // later runs
	later    *time.Timer // tells what was applied meanwhile; nil: not needed so far
	eager    bool        // the gateway's buffer was full: what waits is told as soon as it is applied
	buffer   int         // the gateway's, in bytes
	sizes    sizer       // of what is received
	end      *End
	err      error // instead of an end
}

// queued is an event that waits for the application, with about as many bytes
// as it takes of the gateway's buffer.
type queued struct {
	Event
	size int
}

func newStream(c *Client, ctx context.Context) *Stream { //nolint:revive // the context is the stream's
	s := &Stream{c: c, left: make(chan struct{}), buffer: usualBuffer}
	s.life, s.over = context.WithCancel(context.Background())
	s.news.L = &s.mu
	s.mu.Lock() // the context may be done already
	defer s.mu.Unlock()
	s.aside = context.AfterFunc(ctx, func() { s.giveUp(context.Cause(ctx)) })
	return s
}

// ID is the stream's id at the gateway.
func (s *Stream) ID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id
}

// Events are the stream's events, each once and in order. An event counts as
// applied when the loop asks for the next one: then it is acknowledged, and
// the gateway forgets it. A loop that is left has not applied the event that
// it was left with; the next loop begins with it.
//
// The loop ends after the last event of a complete answer. Otherwise it ends
// with an error: an *EndError where the gateway has said how the stream ended,
// a *RefusedError, a *ClosedError, ErrSuperseded, ErrForgotten, ErrLost,
// ErrClosed, or the context's own.
func (s *Stream) Events() iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			ev, err := s.next()
			if err != nil {
				yield(Event{}, err)
				return
			}
			if ev.Seq == 0 || !yield(ev, nil) {
				return
			}
			s.apply(ev)
		}
	}
}

// next waits for the event after the applied one. An event without a number is
// the end of a complete answer.
func (s *Stream) next() (Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) == 0 && s.end == nil && s.err == nil {
		s.news.Wait()
	}
	switch {
	case len(s.queue) > 0:
		return s.queue[0].Event, nil
	case s.err != nil:
		return Event{}, s.err
	case s.end.Reason != Complete:
		return Event{}, &EndError{*s.end}
	}
	return Event{}, nil
}

// Save says where the stream stands. In a loop over Events the event at hand
// is not applied yet; an application that keeps what it has made of it
// together with the position sets Seq to that event's.
func (s *Stream) Save() Saved {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Saved{Stream: s.id, Seq: s.applied, Epoch: successor(s.epoch)}
}

// End is the stream's end, once it is known: events may still be waiting.
func (s *Stream) End() (End, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end == nil {
		return End{}, false
	}
	return *s.end, true
}

// Close lets go of the stream without cancelling the model's call, for
// somebody else to resume it. It fails with ErrClosed here.
func (s *Stream) Close() { s.fail(ErrClosed) }

// giveUp is called when the application's context is done. From then on that is
// why the stream ends: the gateway's answer to the cancellation is not.
func (s *Stream) giveUp(cause error) {
	s.mu.Lock()
	l, id, over := s.link, s.id, s.end != nil
	if s.err != nil {
		s.mu.Unlock()
		return
	}
	s.err, s.queue = cause, nil
	s.news.Broadcast()
	s.mu.Unlock()
	if over {
		return
	}
	switch {
	case l != nil:
		l.cancel()
	case id != "":
		s.c.away.Go(func() { s.c.remove(id) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finish()
}

// fail ends the stream at once.
func (s *Stream) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.queue = nil
	}
	s.failLocked(err)
}

// lose ends the stream with an error after what was received.
func (s *Stream) lose(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end == nil {
		s.failLocked(err)
	}
}

func (s *Stream) failLocked(err error) {
	if s.err != nil {
		return
	}
	s.err = err
	s.hush()
	if s.end == nil {
		s.finish()
	}
	s.news.Broadcast()
}

// failure is why the stream has failed; nil: it has not.
func (s *Stream) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// finish says that nothing more can come.
func (s *Stream) finish() {
	s.over()
	s.aside()
	if s.end == nil { // otherwise what is applied from now on is told, too
		s.hush()
	}
	s.c.forget(s)
}

// opened is the id of a stream that the gateway has accepted, and how many
// bytes it holds of it; 0: it does not say.
func (s *Stream) opened(id string, buffer int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.id = id
	if buffer > 0 {
		s.buffer = buffer
	}
}

// receive takes an event. What was received before comes again after a
// connection broke.
func (s *Stream) receive(ev Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil || s.end != nil || ev.Seq <= s.received:
		return nil
	case ev.Seq != s.received+1:
		return errGap
	case ev.Seq > s.granted:
		return fmt.Errorf("%w: an event was sent that was not granted", ErrProtocol)
	}
	s.received = ev.Seq
	s.queue = append(s.queue, queued{ev, s.sizes.of(ev.Data)})
	s.news.Broadcast()
	return nil
}

// ended takes the terminal record.
func (s *Stream) ended(end End) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.end != nil {
		return nil
	}
	if end.Seq != s.received {
		return errGap
	}
	s.end = &end
	if s.applied > s.told { // all was applied before this came
		s.tell()
	}
	s.finish()
	s.news.Broadcast()
	return nil
}
