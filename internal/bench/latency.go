//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// direct is nothing in between: the provider itself.
func direct() subject {
	return subject{name: directName, start: func(_ context.Context, s setting) (*process, error) {
		return &process{address: s.upstream}, nil
	}}
}

// runLatency measures how old a token is when a client has it.
func runLatency(ctx context.Context, o *options, s subject) ([]value, error) {
	front, back, err := between(ctx, s, setting{}, "stamp")
	if err != nil {
		return nil, err
	}
	defer back.Close()
	defer front.Close()
	var recording atomic.Bool
	readers := make([]stampReader, o.streams)
	l := &load{
		address: front.address, clients: o.streams, spread: o.duration / 10,
		request: post(fmt.Sprintf(`{"model":"stamp","stream":true,"messages":[],"pace":%g,"tokens":%d}`, o.pace, o.enough())),
		sink: func(client int, piece []byte) {
			r := &readers[client]
			if r.read(piece, time.Now()); !recording.Load() {
				r.ages = r.ages[:0]
			}
		},
	}
	w, err := watch(ctx, front, l, o.duration/10, o.duration/2, func() { recording.Store(true) })
	if err != nil {
		return nil, err
	}
	var ages []time.Duration
	for i := range readers {
		ages = append(ages, readers[i].ages...)
	}
	if len(ages) == 0 {
		return nil, l.say(errors.New("bench: no stamp came"))
	}
	slices.Sort(ages)
	return append([]value{
		figure("p50", "us", microseconds(ages, 0.5)),
		figure("p99", "us", microseconds(ages, 0.99)),
		figure("p99.9", "us", microseconds(ages, 0.999)),
		aside("streams failed", "", float64(l.failed.Load())),
	}, w.circumstances()...), nil
}

// microseconds is a quantile of sorted durations (nearest rank).
func microseconds(sorted []time.Duration, q float64) float64 {
	i := int(q * float64(len(sorted)))
	return float64(sorted[min(i, len(sorted)-1)].Nanoseconds()) / 1e3
}
