//go:build linux

package main

import (
	"context"
	"fmt"
)

// between starts a provider (this program's server of that name) and the
// subject in front of it. The caller closes both.
func between(ctx context.Context, s subject, set setting, server ...string) (front, back *process, err error) {
	back, err = self(ctx, server...)
	if err != nil {
		return nil, nil, err
	}
	set.upstream = back.address
	front, err = s.start(ctx, set)
	if err != nil {
		back.Close()
		return nil, nil, err
	}
	return front, back, nil
}

// enough is more tokens than a paced stream sends until it is stopped.
func (o *options) enough() int { return 1000 + int(o.pace*o.duration.Seconds()*10) }

// runPaced measures the processor time of a token when tokens come one by one
// and the machine keeps up; runCrowded when it hardly does, so that tokens
// gather and share system calls.
func runPaced(ctx context.Context, o *options, s subject) ([]value, error) {
	return paced(ctx, o, s, o.streams)
}

func runCrowded(ctx context.Context, o *options, s subject) ([]value, error) {
	return paced(ctx, o, s, o.crowd)
}

func paced(ctx context.Context, o *options, s subject, streams int) ([]value, error) {
	front, back, err := between(ctx, s, setting{}, "provider")
	if err != nil {
		return nil, err
	}
	defer back.Close()
	defer front.Close()
	l := &load{
		address: front.address, clients: streams, spread: o.duration / 10,
		request: request(fmt.Sprintf("tokens=%d,pace=%g,%s", o.enough(), o.pace, think), true, 0),
	}
	w, err := watch(ctx, front, l, o.duration/10, o.duration)
	if err != nil {
		return nil, err
	}
	return append([]value{
		figure("CPU per million tokens", "s", w.perMillion(w.events)),
		aside("tokens delivered, of those due", "%", 100*w.perSecond(w.events)/(o.pace*float64(streams))),
		aside("streams failed", "", float64(l.failed.Load())),
	}, w.circumstances()...), nil
}
