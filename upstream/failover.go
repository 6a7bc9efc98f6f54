package upstream

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"tidegate/breaker"
	"tidegate/stream"
)

// Failover bounds the search for a provider that answers.
type Failover struct {
	Tries int           // targets that are asked
	Time  time.Duration // until a stream's first event, or a whole answer's beginning
}

// search is one call's way along its route. It ends with the first target that
// begins to answer, or says what no other would say otherwise.
//
// A provider that may have begun to make an answer is not asked again: it would
// be paid twice.
type search struct {
	*Caller
	ctx      context.Context
	call     *stream.Call
	deadline time.Time

	asked int         // targets
	calls int         // requests
	spent []*Provider // that may have begun to make an answer

	failed []stream.Try // targets, each at most twice

	best    tried // the most telling of those that failed
	by      *target
	limited bool          // all that failed said 429
	pause   time.Duration // the shortest that was asked for
}

// run asks the targets in their order. One that is full is passed over while
// there are others, and waited for when there are none.
func (s *search) run(targets []*target) (*stream.Answer, error) {
	s.limited = true
	var busy *target
	for _, t := range targets {
		if s.over() {
			break
		}
		if slices.Contains(s.spent, t.provider) {
			continue
		}
		got := s.ask(t, len(targets) == 1)
		if got.outcome.final() {
			return s.settle(t, got)
		}
		if got.outcome == full && busy == nil && len(targets) > 1 {
			busy = t
		}
	}
	if busy != nil && !s.over() && !slices.Contains(s.spent, busy.provider) {
		if got := s.ask(busy, true); got.outcome.final() {
			return s.settle(busy, got)
		}
	}
	gone := context.Cause(s.ctx)
	switch {
	case gone != nil && s.by != nil:
		return s.settle(s.by, tried{outcome: left, err: gone})
	case gone != nil:
		return nil, gone
	case s.by == nil:
		return nil, tooLate(s.call, s.failover.Time, nil)
	}
	return s.settle(s.by, s.best)
}

func (s *search) over() bool {
	return s.asked >= s.failover.Tries || s.ctx.Err() != nil || !time.Now().Before(s.deadline)
}

// ask tries a target, with one of its keys after the other where it refuses
// them, and notes what came of it.
func (s *search) ask(t *target, wait bool) tried {
	got := s.enter(t, wait)
	t.provider.counts[got.outcome].Add(1)
	if got.outcome.final() {
		return got
	}
	s.failed = append(s.failed, stream.Try{Provider: t.provider.name, Outcome: Outcomes[got.outcome], Cause: got.cause()})
	if got.spent {
		s.spent = append(s.spent, t.provider)
	}
	if !got.outcome.local() {
		s.limited = s.limited && got.outcome == limited
		if got.pause > 0 && (s.pause == 0 || got.pause < s.pause) {
			s.pause = got.pause
		}
	}
	if s.by == nil || got.tells() >= s.best.tells() {
		s.best, s.by = got, t
	}
	return got
}

// tells is how much a failure tells the client: the provider's own words are
// the most, unless they are about a key that is not the client's, and that it
// was not asked is the least.
func (t *tried) tells() int {
	switch {
	case t.answer != nil && t.outcome != unauthorized && t.outcome != forbidden:
		return 3
	case t.answer != nil:
		return 2
	case !t.outcome.local():
		return 1
	}
	return 0
}

// enter asks a target if it may be asked.
func (s *search) enter(t *target, wait bool) (got tried) {
	if t.lane.breaker.State() == breaker.Open { // before a place is waited for
		return tried{outcome: open, err: openRefusal(t.lane.breaker.Left())}
	}
	place := t.provider.slots.try()
	if place == nil && wait {
		place = t.provider.slots.wait(s.ctx, s.deadline)
	}
	switch {
	case s.ctx.Err() != nil:
		place.release()
		return tried{outcome: left, err: context.Cause(s.ctx)}
	case place == nil:
		return tried{outcome: full, err: fullRefusal()}
	}
	leave, err := t.lane.breaker.Allow()
	if err != nil {
		place.release()
		return tried{outcome: open, err: openRefusal(t.lane.breaker.Left())}
	}
	defer func() { // also if something panics: a probe that never reports wedges the breaker
		switch {
		case got.outcome == answered && got.answer != nil:
			leave.Succeeded()
			return
		case got.outcome.sick():
			leave.Failed()
		default:
			leave.Excluded()
		}
		place.release()
	}()
	s.asked++
	return s.rotate(t, underWay{slot: place, leave: leave})
}

// rotate tries a target's keys.
func (s *search) rotate(t *target, u underWay) (got tried) {
	keys, used, again := t.provider.keys, uint64(0), false
	for {
		key := t.key
		if key < 0 {
			key = keys.pick(t.lane, used, time.Now())
		}
		if key < 0 || used&(1<<key) != 0 {
			return got
		}
		used |= 1 << key
		s.calls++
		got = t.attempt(s.ctx, s.call, key, time.Until(s.deadline), u)
		switch {
		case got.outcome == unprocessed && !again:
			again, used = true, used&^(1<<key) // as if it had not been sent
			continue
		case got.outcome == answered:
			s.note(t, key, &got)
			return got
		case !got.outcome.rotates():
			return got
		case t.provider.passThrough:
			if got.outcome != limited {
				got.outcome = refused // the key is the client's own
			}
			return got
		}
		keys.refused(t.lane, key, got.outcome, got.pause, time.Now())
		if got.spent {
			return got
		}
	}
}

// settle is the call's answer.
func (s *search) settle(t *target, got tried) (*stream.Answer, error) {
	var refusal *stream.Refusal
	switch {
	case got.outcome == left:
		return nil, &stream.Refusal{
			Status: statusLeft, Message: "The caller has gone.", Err: got.err,
			Provider: t.provider.name, Model: t.entry, Tries: s.calls, Failed: s.failed,
		}
	case got.answer != nil:
		a := got.answer
		a.Provider, a.Model, a.Tries, a.Failed = t.provider.name, t.entry, s.calls, s.failed
		if got.outcome == limited && s.limited && s.pause > 0 {
			seconds := int64((s.pause + time.Second - 1) / time.Second)
			a.Header["Retry-After"] = []string{strconv.FormatInt(seconds, 10)}
			delete(a.Header, "Retry-After-Ms")
		}
		return a, nil
	case errors.As(got.err, &refusal):
		refusal.Provider, refusal.Model, refusal.Tries = t.provider.name, t.entry, s.calls
		refusal.Cause, refusal.Failed = connection(got.err), s.failed
	}
	return nil, got.err
}
