package loadtest

import (
	"context"
	"errors"
	"sync"
	"time"

	"tidegate/loadtest/check"
	"tidegate/loadtest/report"
)

// life is one client with its stream. One goroutine lives it.
type life struct {
	g       *generator
	p       *plan
	h       habit
	s       *check.Stream
	c       carrier
	t       *tally
	due     time.Time // when it was to begin
	state   state
	applied uint64
	said    uint64 // of applied, as the target was told
	bytes   int    // of the events between
	buffer  int
	back    int64 // reconnects
	broken  bool  // by the end of the test

	acks  sync.Mutex // guards the following
	late  *time.Timer
	owed  uint64 // what is to be said, late
	quiet bool   // nothing is said any more
}

// follow lives the life of one stream, and says whether its client makes
// another call.
func (g *generator) follow(ctx context.Context, p *plan, due time.Time) (again bool) {
	now := time.Now()
	l := &life{g: g, p: p, h: p.profile.habit(p.rand, p), due: due, t: g.tally(p), state: none}
	l.s = check.New(check.Setup{
		ID: p.id, Limits: &g.options.Limits, Resumable: p.resumable(), Witnessed: g.source != nil,
		Interval: p.interval(), Tail: p.fault.tail, Bounded: l.h.bounded, Begun: now,
	})
	l.c = g.carry(p, l.h)
	g.book.add(p.id, l.s, l.c.kill)
	defer g.book.remove(p.id)
	g.started.Add(1)
	l.t.begun()
	l.is(waiting)
	stop := context.AfterFunc(ctx, func() {
		l.s.Is(check.Left, time.Now())
		l.c.kill()
	})
	l.live(ctx)
	l.settle(ctx)
	l.broken = !stop()
	l.hush()
	l.c.kill()
	l.is(none)
	r := l.s.Close(time.Now())
	g.judged(p, &r)
	count := l.outcome(&r)
	l.t.over(&r, count, l.c.received(), l.back)
	g.ended(count, l.back)
	return !l.broken && l.p.again < l.h.again
}

// is counts the client among those that do the same.
func (l *life) is(s state) {
	if l.state != none {
		l.g.states[l.state].Add(-1)
	}
	if s != none {
		l.g.states[s].Add(1)
	}
	l.state = s
}

// live is from the call to the stream's end, or the client's leaving.
func (l *life) live(ctx context.Context) {
	l.s.Mark(check.Client, "asks, "+l.p.profile.Name+" over "+l.p.transport, time.Now())
	max := l.grant(0)
	buffer, err := l.c.open(ctx, max)
	if err != nil {
		l.refused(ctx, err)
		return
	}
	l.attached(buffer)
	if l.g.poller.serve(l) {
		return
	}
	for {
		if l.h.act != nil {
			if gone := l.do(ctx, l.h.act(l.applied+1)); gone {
				return
			}
		}
		e, err := l.next(ctx)
		if err != nil {
			l.end(ctx, err)
			return
		}
		now := time.Now()
		added, known := l.take(&e, now)
		if !e.blocked {
			l.t.token(added, known)
			l.g.tokens.Add(1)
		}
	}
}

func (l *life) refused(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	detail := brief(err)
	var refusal *refusedError
	if errors.As(err, &refusal) {
		detail = refusal.Error()
	}
	l.s.Ended(check.End{Outcome: check.Refused, Detail: detail}, time.Now())
}

func (l *life) attached(buffer int) {
	if buffer > 0 {
		l.buffer = buffer
	}
	l.s.Attached(l.buffer, time.Now())
	if l.applied > 0 {
		l.is(reading)
	}
}

// next waits for an event, and goes on over another connection where one
// breaks.
func (l *life) next(ctx context.Context) (event, error) {
	for {
		e, err := l.c.next()
		var end *ending
		if err == nil || errors.As(err, &end) || !l.p.resumable() || ctx.Err() != nil {
			return e, err
		}
		l.s.Broke(brief(err), time.Now())
		if err := l.returns(ctx); err != nil {
			return event{}, err
		}
	}
}

// take applies an event that came then, and acknowledges when it is time. It
// returns how much later than planned that was, if that is known.
func (l *life) take(e *event, now time.Time) (added time.Duration, known bool) {
	if e.blocked {
		l.ack()
		return 0, false
	}
	if e.problem {
		l.s.Error(e.Event, now)
	} else {
		added, known = l.s.Got(e.Event, now)
	}
	if l.applied == 0 {
		l.t.firstToken(now.Sub(l.due))
		l.is(reading)
	}
	if !l.p.resumable() {
		l.applied++
		return added, known
	}
	l.applied = e.Seq
	l.bytes += len(e.Data)
	n := l.applied - l.said
	// What waits is worth a message of its own from here on, as for the Go
	// client.
	const worthEvents, worthBytes = 8, 1 << 10
	if n >= l.h.every || !l.c.more() && (n >= worthEvents || l.bytes >= worthBytes) {
		l.ack()
	}
	return added, known
}

// grant is what the client grants when it has applied so many.
func (l *life) grant(applied uint64) uint64 {
	max := applied + l.h.window
	l.s.Granted(max)
	return max
}

// ack says what is applied, now or late.
func (l *life) ack() {
	l.said, l.bytes = l.applied, 0
	seq := l.applied
	if l.h.late == 0 {
		l.say(seq)
		return
	}
	l.acks.Lock()
	defer l.acks.Unlock()
	l.owed = seq
	if l.late == nil {
		l.arm(seq)
	}
}

// arm has a position said late. What is applied meanwhile is said after it, as
// late.
func (l *life) arm(seq uint64) {
	l.late = time.AfterFunc(l.h.late, func() {
		l.say(seq)
		l.acks.Lock()
		defer l.acks.Unlock()
		if l.late = nil; l.owed > seq && !l.quiet {
			l.arm(l.owed)
		}
	})
}

func (l *life) say(seq uint64) {
	// Said first: what comes after it may come before we know that it was sent.
	max := l.grant(seq)
	l.s.Acked(seq)
	// A broken connection is noticed where events are waited for.
	_ = l.c.ack(seq, max)
	if l.h.twice {
		_ = l.c.ack(seq, max)
		_ = l.c.ack(seq-min(seq, 3), max-min(max, 3))
	}
}

// hush stops what would still be said.
func (l *life) hush() {
	l.acks.Lock()
	defer l.acks.Unlock()
	if l.quiet = true; l.late != nil {
		l.late.Stop()
	}
}

// end notes the stream's end.
func (l *life) end(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	var end *ending
	if !errors.As(err, &end) {
		l.s.Ended(check.End{Outcome: check.Silent, Detail: brief(err)}, time.Now())
		return
	}
	l.s.Ended(end.End, time.Now())
	if end.Outcome != check.Silent {
		l.after()
	}
}

// after looks whether a stream goes on after its end.
func (l *life) after() {
	timer := time.AfterFunc(l.g.options.Limits.Cancel, l.c.drop)
	defer timer.Stop()
	for range maxAfter {
		e, err := l.c.next()
		var end *ending
		switch {
		case errors.As(err, &end):
			l.s.Ended(end.End, time.Now())
			return
		case err != nil:
			return
		case !e.blocked:
			l.s.Got(e.Event, time.Now())
		}
	}
}

const maxAfter = 1000

// settle waits until the provider's call is over, or overdue.
func (l *life) settle(ctx context.Context) {
	if !l.s.Calling() {
		return
	}
	select {
	case <-l.s.Over():
	case <-l.s.Settled():
	case <-ctx.Done():
	}
}

// outcome is what the stream counts as.
func (l *life) outcome(r *check.Result) func(*report.Ends) {
	switch {
	case l.broken:
		return func(e *report.Ends) { e.Open++ }
	case r.Gave:
		return func(e *report.Ends) { e.CutOff++ }
	case r.End == nil, r.Gone:
		return func(e *report.Ends) { e.Left++ }
	case r.End.Outcome == check.Whole:
		return func(e *report.Ends) { e.Whole++ }
	case r.End.Outcome == check.Refused:
		return func(e *report.Ends) { e.Refused++ }
	case r.End.Outcome == check.Told && r.Call == check.Faulted:
		return func(e *report.Ends) { e.Told++ }
	}
	return func(e *report.Ends) { e.Failed++ }
}
