package loadtest

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"time"

	"tidegate/loadtest/check"
)

// worthSaying is the shortest rest that counts as a pause.
const worthSaying = 200 * time.Millisecond

// do does what the client does before it takes its next event, and says
// whether it is gone after that.
func (l *life) do(ctx context.Context, d deed) (gone bool) {
	switch {
	case d.verb == goOn:
	case d.verb == rest, d.verb == tunnel && !l.p.resumable():
		l.rest(ctx, d.wait)
	case d.verb == tunnel, d.verb == reload:
		l.s.Is(check.Away, time.Now())
		l.is(away)
		l.c.drop()
		sleep(ctx, d.wait)
		if err := l.returns(ctx); err != nil {
			l.end(ctx, err)
			return true
		}
	case d.verb == leave:
		l.s.Is(check.Left, time.Now())
		l.is(away)
		l.c.drop()
		return true
	case d.verb == stop:
		l.s.Is(check.Stopped, time.Now())
		_ = l.c.cancel() // what goes wrong shows at the provider
		l.receive(ctx)
		return true
	case d.verb == stall:
		l.s.Is(check.Stalled, time.Now())
		l.is(pausing)
		if l.p.resumable() {
			l.receive(ctx)
		}
		return true
	case d.verb == vanish:
		l.s.Is(check.Vanished, time.Now())
		l.is(away)
		l.c.vanish()
		return true
	}
	return false
}

// rest takes nothing for a while. What was applied is acknowledged meanwhile, at
// once rather than after ackDelay.
func (l *life) rest(ctx context.Context, d time.Duration) {
	if d < worthSaying {
		sleep(ctx, d)
		return
	}
	if l.p.resumable() && l.applied > l.said {
		l.ack()
	}
	was := l.state
	l.s.Is(check.Paused, time.Now())
	l.is(pausing)
	sleep(ctx, d)
	l.s.Is(check.Present, time.Now())
	l.is(was)
}

// receive takes what comes, and says nothing, until the stream ends or its
// call is over.
func (l *life) receive(ctx context.Context) {
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-l.s.Over():
			// The end comes now, or it waits for credit that nobody gives.
			timer := time.NewTimer(l.g.options.Limits.Cancel)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-done:
			}
		case <-l.s.Settled():
		case <-done:
			return
		}
		l.c.drop()
	}()
	l.mood = mute
	_, err := l.follow()
	var end *ending
	if errors.As(err, &end) && end.Outcome != check.Silent && l.end(ctx, err) {
		l.after()
	}
}

// returns makes a new connection and takes the stream up again.
func (l *life) returns(ctx context.Context) error {
	l.s.Is(check.Away, time.Now())
	l.is(away)
	since := time.Now()
	for attempt := 0; ; attempt++ {
		l.back++
		l.said = l.applied
		max := l.grant(l.applied)
		l.s.Acked(l.applied)
		buffer, err := l.c.resume(ctx, l.applied, max)
		if err == nil {
			l.attached(buffer)
			return nil
		}
		var refusal *refusedError
		switch {
		case ctx.Err() != nil:
			return err
		case errors.As(err, &refusal) && refusal.status == 204:
			return ended(check.Told, false, "there is nothing more to resume")
		case errors.As(err, &refusal) && !refusal.temporary():
			return ended(check.Told, false, "the return is "+refusal.Error())
		case time.Since(since) > l.g.options.Limits.KeepAlive+l.g.options.Limits.Slack, errors.Is(err, net.ErrClosed), attempt > 100:
			return ended(check.Silent, false, "there is no way back: "+brief(err))
		}
		sleep(ctx, rand.N(min(50*time.Millisecond<<min(attempt, 5), time.Second)))
	}
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
