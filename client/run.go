package client

import (
	"errors"
	"fmt"
	"time"
)

// begin starts the stream's goroutine. It waits while the stream is connected,
// and connects it again when it no longer is, whatever the application does
// meanwhile. A stream that begins without a link is to be resumed.
func (s *Stream) begin(l link) {
	s.connected(l)
	go func() {
		defer close(s.left)
		if l == nil {
			if l = s.reconnect(time.Now(), 0); l == nil {
				return
			}
		}
		s.run(l)
	}()
}

// maxFaults is how often in a row the protocol may be broken on a stream that
// does not get any further.
const maxFaults = 3

func (s *Stream) run(l link) {
	for fresh, faults := uint64(0), 0; l != nil; {
		select {
		case <-l.lost():
		case <-s.life.Done():
		}
		if s.life.Err() != nil {
			l.leave()
			return
		}
		s.connected(nil)
		err := l.err()
		if now := s.reached(); now > fresh {
			fresh, faults = now, 0
		}
		if errors.Is(err, ErrProtocol) {
			faults++
		}
		if final(err) || faults > maxFaults {
			s.settle(err)
			return
		}
		if !s.sleep(s.c.opt.Backoff(0)) {
			return
		}
		l = s.reconnect(time.Now(), 1)
	}
}

// reconnect returns a new link, or nil when there is none to be had.
func (s *Stream) reconnect(since time.Time, attempt int) link {
	for ; ; attempt++ {
		l, err := s.c.via.resume(s.life, s)
		if err == nil {
			s.connected(l)
			return l
		}
		switch {
		case s.life.Err() != nil:
			return nil
		case s.late(err):
			continue
		case final(err):
			s.settle(err)
			return nil
		case time.Since(since) > s.c.opt.GiveUp:
			s.lose(fmt.Errorf("%w: %w", ErrLost, err))
			return nil
		}
		wait := s.c.opt.Backoff(attempt)
		var refusal *RefusedError
		if errors.As(err, &refusal) {
			wait = max(wait, refusal.RetryAfter)
		}
		if !s.sleep(wait) {
			return nil
		}
	}
}

// late says whether a resume is to be sent again, once, with an epoch that
// wins: the application wants the stream, and somebody else has had it since it
// was saved. A stream that has been attached is one that another has followed.
func (s *Stream) late(err error) bool {
	var refusal *RefusedError
	if !errors.As(err, &refusal) || !errors.Is(err, ErrSuperseded) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	again := s.fresh
	s.epoch, s.fresh = successor(refusal.epoch), false
	return again
}

// settle ends the stream for good. What another consumer is given must not be
// given to this one, too.
func (s *Stream) settle(err error) {
	if errors.Is(err, ErrSuperseded) {
		s.fail(err)
		return
	}
	s.lose(err)
}

// sleep waits for d, and reports false when the stream is over before that.
func (s *Stream) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.life.Done():
		return false
	}
}

// connected notes the link that the stream is on. What was applied while the
// link was being made is told.
func (s *Stream) connected(l link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.link = l
	s.fresh = s.fresh && l == nil
	if s.applied > s.told {
		s.tell()
	}
}

// reached is the newest event that was received.
func (s *Stream) reached() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.received
}

// resumption is what a resume says.
func (s *Stream) resumption() (id string, seq, max, epoch uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seq, max = s.position()
	s.epoch++
	return s.id, seq, max, s.epoch
}

// successor is the epoch of a stream's next consumer. Each connection of one
// consumer has one more than the one before, so that of two resumes of its own
// the later one wins, too.
func successor(epoch uint64) uint64 {
	const generation = 1_000_000
	return epoch - epoch%generation + generation
}
