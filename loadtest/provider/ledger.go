package provider

import (
	"context"
	"maps"
	"sync"
	"time"
)

// Stats are the counters over all calls since the start.
type Stats struct {
	Calls     int64 `json:"calls"`
	Active    int64 `json:"active"`
	Stalled   int64 `json:"stalled"`   // of Active: in a silence that the script asks for
	Streaming int64 `json:"streaming"` // of Active: body begun
	Finished  int64 `json:"finished"`
	Faulted   int64 `json:"faulted"`
	Cancelled int64 `json:"cancelled"`
	Refused   int64 `json:"refused"`
	Closed    int64 `json:"closed"`

	Events int64 `json:"events"`
	Bytes  int64 `json:"bytes"` // body bytes, as Call.Bytes

	Connections int64 `json:"connections"` // accepted since the start
	Open        int64 `json:"open"`        // of these, open now
}

// ledger keeps the records of calls.
type ledger struct {
	mu sync.Mutex // guards the following
	// ring holds the last calls; once full, the oldest is at next.
	ring   []*call
	next   int
	active map[*call]struct{}
	keys   map[string]int64 // calls by key, at most cap(ring)+1 of them
	totals Stats            // Active, Stalled, Streaming, Events, Bytes: of ended calls only
	// changed is closed at the next change of state; nil while nobody waits.
	changed chan struct{}
}

func newLedger(history int) *ledger {
	return &ledger{ring: make([]*call, 0, history), active: make(map[*call]struct{}), keys: make(map[string]int64)}
}

// update applies a change of state and wakes those who wait for one. Events
// and bytes do not pass here: a lock per token would be paid by every call.
func (l *ledger) update(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

func (l *ledger) start(c *call) Call {
	l.update(func() {
		l.totals.Calls++
		l.active[c] = struct{}{}
		key := c.Key
		if _, known := l.keys[key]; !known && len(l.keys) >= cap(l.ring) {
			key = ""
		}
		l.keys[key]++
		if len(l.ring) < cap(l.ring) {
			l.ring = append(l.ring, c)
			return
		}
		l.ring[l.next] = c
		l.next = (l.next + 1) % len(l.ring)
	})
	return l.snapshot(c)
}

func (l *ledger) end(c *call, how Ending) Call {
	l.update(func() {
		c.Ending, c.Ended, c.Stalled = how, time.Now(), false
		switch how {
		case Finished:
			l.totals.Finished++
		case Faulted:
			l.totals.Faulted++
		case Cancelled:
			l.totals.Cancelled++
			if c.Gone.IsZero() {
				c.Gone = c.Ended // a failed write was the first to tell
			}
		case Refused:
			l.totals.Refused++
		case Closed:
			l.totals.Closed++
		}
		if how != Cancelled {
			c.Gone = time.Time{} // left after the last byte: no cancellation
		}
		l.totals.Events += c.events.Load()
		l.totals.Bytes += c.bytes.Load()
		delete(l.active, c)
	})
	return l.snapshot(c)
}

func (l *ledger) snapshot(c *call) Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return c.snapshot()
}

// calls lists the last calls, the oldest first.
func (l *ledger) calls() []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]Call, len(l.ring))
	for i := range all {
		all[i] = l.ring[(l.next+i)%len(l.ring)].snapshot()
	}
	return all
}

func (l *ledger) keysUsed() map[string]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.keys)
}

// response finds what a remembered call has made; nil: none, or deleted.
func (l *ledger) response(id string) *response {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.ring {
		if c.ID == id && c.response != nil && c.response.state != "deleted" {
			return c.response
		}
	}
	return nil
}

// mark sets a response's state unless it is "", and returns what it is then.
func (l *ledger) mark(m *response, state string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if state != "" {
		m.state = state
	}
	return m.state
}

func (l *ledger) stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.statsLocked()
}

func (l *ledger) statsLocked() Stats {
	s := l.totals
	for c := range l.active {
		s.Active++
		s.Events += c.events.Load()
		s.Bytes += c.bytes.Load()
		if c.Stalled {
			s.Stalled++
		}
		if !c.FirstByte.IsZero() {
			s.Streaming++
		}
	}
	return s
}

// wait returns when cond holds, or with ctx's error.
func (l *ledger) wait(ctx context.Context, cond func(Stats) bool) (Stats, error) {
	for {
		l.mu.Lock()
		s := l.statsLocked()
		// Taken under the same lock as the figures: no change is missed.
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		changed := l.changed
		l.mu.Unlock()
		if cond(s) {
			return s, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return s, context.Cause(ctx)
		}
	}
}
