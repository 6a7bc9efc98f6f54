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
	line    *line // of c
	t       *tally
	due     time.Time // when it was to begin
	state   state
	applied uint64
	said    uint64 // of applied, as the target was told
	saidAt  time.Time
	bytes   int // of the events between, as the target holds them, where that is known
	buffer  int
	back    int64 // reconnects
	broken  bool  // by the end of the test

	takes

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
	l.c, l.line = g.carry(p, l.h)
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
	for {
		d, err := l.follow()
		var end *ending
		switch {
		case err == nil:
			if gone := l.do(ctx, d); gone {
				return
			}
		case errors.As(err, &end) || !l.p.resumable() || ctx.Err() != nil:
			if l.end(ctx, err) {
				l.after()
			}
			return
		default:
			l.s.Broke(brief(err), time.Now())
			if err := l.returns(ctx); err != nil {
				l.end(ctx, err)
				return
			}
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
	l.held, l.over = false, nil
	l.saidAt, l.bytes = time.Now(), 0
	l.s.Attached(l.buffer, time.Now())
	if l.applied > 0 {
		l.is(reading)
	}
}

// grant is what the client grants when it has applied so many.
func (l *life) grant(applied uint64) uint64 {
	max := applied + l.h.window
	l.s.Granted(max)
	return max
}

// ack says what is applied, now or late.
func (l *life) ack() {
	l.said, l.saidAt, l.bytes = l.applied, time.Now(), 0
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

// end notes the stream's end. told: it was the target that said it. What is
// this side's doing is no end.
func (l *life) end(ctx context.Context, err error) (told bool) {
	if ctx.Err() != nil || l.c.killed() {
		return false
	}
	var end *ending
	if !errors.As(err, &end) {
		end = &ending{check.End{Outcome: check.Silent, Detail: brief(err)}}
	}
	l.s.Ended(end.End, time.Now())
	return end.Outcome != check.Silent
}

// after looks whether a stream goes on after its end.
func (l *life) after() {
	timer := time.AfterFunc(l.g.options.Limits.Cancel, l.c.drop)
	defer timer.Stop()
	l.mood = finished
	_, err := l.follow()
	var end *ending
	if errors.As(err, &end) && !l.c.killed() {
		l.s.Ended(end.End, time.Now())
	}
}

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
