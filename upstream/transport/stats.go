package transport

import "sync/atomic"

// Stats counts a Transport's connections of all protocols.
type Stats struct {
	Open   int64 // connections open now, idle ones included
	Idle   int   // lean HTTP/1.1 connections among them that carry no call
	Dials  int64 // attempts to connect since the start
	Reuses int64 // calls since the start that went over a connection used before
}

// Stats returns the figures of this moment.
func (t *Transport) Stats() Stats {
	return Stats{
		Open:   t.counters.open.Load(),
		Idle:   t.lean.idle.len(),
		Dials:  t.counters.dials.Load(),
		Reuses: t.counters.reuses.Load(),
	}
}

type counters struct {
	open, dials, reuses atomic.Int64
}
