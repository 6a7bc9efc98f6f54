package upstream

import (
	"fmt"
	"time"

	"tidegate/upstream/dialect"
)

// pace is how a stream goes on, and how long its next event is waited for. A
// model that speaks does not stop for long in the midst of it: then nothing at
// all may come for Timeouts.Silence. One that thinks sends nothing, or signs of
// life, for as long as Timeouts.Progress.
//
// For one goroutine.
type pace struct {
	speaks bool          // the newest progress was text
	said   bool          // some text has come
	waited time.Duration // for progress so far, heartbeats notwithstanding
	beat   bool          // a sign of life has come since

	// While the next event is waited for:
	began   time.Time     // when it was progress that was last, pauses left out
	life    time.Time     // when anything was
	silence time.Duration // how long nothing may come; 0: that is not bounded
	stuck   time.Duration // how long no progress may
}

// wait begins to wait, and says until when.
func (p *pace) wait(now time.Time, s *source) time.Time {
	t := &s.provider.timeouts
	p.began, p.life = now.Add(-p.waited), now
	p.silence, p.stuck = 0, t.Progress
	if p.speaks || s.judge.Finished() {
		p.silence = t.Silence
	} else if !p.said {
		p.stuck = max(t.Progress, t.FirstEvent)
	}
	return p.until()
}

// until is when the wait is over.
func (p *pace) until() time.Time {
	until, _ := p.limit()
	return until
}

// limit is when the wait is over, and whether that is for silence.
func (p *pace) limit() (until time.Time, silent bool) {
	until = p.began.Add(p.stuck)
	if silent := p.life.Add(p.silence); p.silence > 0 && silent.Before(until) {
		return silent, true
	}
	return until, false
}

// says is for people: what the wait that is over was for.
func (p *pace) says() string {
	_, silent := p.limit()
	switch {
	case silent:
		return fmt.Sprintf("the provider sent nothing for %v", p.silence)
	case p.beat:
		return fmt.Sprintf("the provider sent heartbeats, and nothing of its answer, for %v", p.stuck)
	}
	return fmt.Sprintf("the provider sent nothing for %v", p.stuck)
}

// lives says that something came at that time, and until when to wait for more.
func (p *pace) lives(at time.Time) time.Time {
	p.life, p.beat = at, true
	return p.until()
}

// pause says that for so long nothing was read, and until when to wait then.
func (p *pace) pause(long time.Duration) time.Time {
	p.began, p.life = p.began.Add(long), p.life.Add(long)
	return p.until()
}

// over says that an event came at that time.
func (p *pace) over(at time.Time) { p.waited = at.Sub(p.began) }

// judged says what the event was.
func (p *pace) judged(v dialect.Verdict) {
	switch v {
	case dialect.Progress:
		p.speaks, p.said, p.waited, p.beat = true, true, 0, false
	case dialect.Step:
		p.speaks, p.waited, p.beat = false, 0, false
	default:
		p.beat = true
	}
}
