package upstream

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

var (
	errNoFirst = errors.New("upstream: not answered in time")
	errTotal   = errors.New("upstream: the answer took too long")
)

// clock cancels a call that takes too long: at first to begin to be answered,
// then as a whole.
type clock struct {
	cancel context.CancelCauseFunc
	start  time.Time
	begun  atomic.Bool
	timer  *time.Timer
}

func newClock(limit time.Duration, cancel context.CancelCauseFunc) *clock {
	c := &clock{cancel: cancel, start: time.Now()}
	c.timer = time.AfterFunc(limit, c.fire)
	return c
}

func (c *clock) fire() {
	if c.begun.Load() {
		c.cancel(errTotal)
	} else {
		c.cancel(errNoFirst)
	}
}

// begin says that the call is being answered, and bounds the whole of it. It
// reports false if that is too late.
func (c *clock) begin(total time.Duration) bool {
	if !c.timer.Stop() {
		return false
	}
	c.begun.Store(true)
	c.timer.Reset(total - time.Since(c.start))
	return true
}

func (c *clock) stop() { c.timer.Stop() }
