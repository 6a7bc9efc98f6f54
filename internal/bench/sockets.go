//go:build linux

package main

import (
	"context"
	"fmt"
)

// sides are the ways in which the gateway's clients read a stream: the
// provider's own API, and both encodings of tidegate.1 on a WebSocket. Each
// stream has a connection of its own, as each visitor of a page has.
func sides(o *options) []subject {
	if o.gateway == "" {
		return nil
	}
	all := []subject{gateway(o.gateway, o.log, false)}
	for _, side := range []struct{ name, protocol string }{{gatewayBinaryName, binaryProtocol}, {gatewayJSONName, jsonProtocol}} {
		s := gateway(o.gateway, o.log, false)
		s.name, s.protocol = side.name, side.protocol
		all = append(all, s)
	}
	return all
}

// runSockets measures the processor time of a paced token on each side of the
// gateway, and what it takes on the wire.
func runSockets(ctx context.Context, o *options, s subject) ([]value, error) {
	front, back, err := between(ctx, s, setting{}, "provider")
	if err != nil {
		return nil, err
	}
	defer back.Close()
	defer front.Close()
	script := fmt.Sprintf("tokens=%d,pace=%g,%s", o.enough(), o.pace, think)
	l := read(front, s.protocol, script)
	l.clients, l.spread = o.streams, o.duration/10
	w, err := watch(ctx, front, l, o.duration/10, o.duration)
	if err != nil {
		return nil, err
	}
	return append([]value{
		figure("CPU per million tokens", "s", w.perMillion(w.events)),
		figure("bytes per token", "", float64(l.bytes.Load())/float64(l.events.Load())),
		aside("tokens delivered, of those due", "%", 100*w.perSecond(w.events)/(o.pace*float64(o.streams))),
		aside("streams failed", "", float64(l.failed.Load())),
	}, w.circumstances()...), nil
}

// read is the load of one reader of the script's stream.
func read(front *process, protocol, script string) *load {
	l := &load{address: front.address, clients: 1, request: request(script, true, 0)}
	if protocol != "" {
		l.request, l.open = upgrade(front.address, protocol), openStream(script, readerWindow)
	}
	return l
}

// runIdle measures what a WebSocket connection costs on which nothing happens.
func runIdle(ctx context.Context, o *options, s subject) ([]value, error) {
	front, back, err := between(ctx, s, setting{}, "provider")
	if err != nil {
		return nil, err
	}
	defer back.Close()
	defer front.Close()
	connect := func(n int) (*load, func(), error) {
		l := &load{address: front.address, clients: n, request: upgrade(front.address, s.protocol), idle: true}
		stop, err := l.start(ctx)
		if err == nil {
			err = l.settle(ctx, 0)
		}
		return l, stop, err
	}
	if err := warmUp(ctx, front, s.protocol); err != nil {
		return nil, err
	}
	// What is made once is there before; and what connecting left behind is
	// collected both times, as it is no part of what a connection holds.
	_, stop, err := connect(10)
	if err != nil {
		return nil, err
	}
	defer stop()
	before, err := front.collected(ctx)
	if err != nil {
		return nil, err
	}
	n := 4 * o.crowd
	l, stop, err := connect(n)
	if err != nil {
		return nil, err
	}
	defer stop()
	fresh, err := resident(front.pids())
	if err != nil {
		return nil, err
	}
	after, err := front.collected(ctx)
	if err != nil {
		return nil, err
	}
	return []value{
		figure("memory per idle connection", "KiB", float64(after-before)/1024/float64(n)),
		aside("the same before garbage is collected", "KiB", float64(fresh-before)/1024/float64(n)),
		aside("connections open", "", float64(l.answered.Load()-l.failed.Load())),
	}, nil
}

// binarySide is the gateway's WebSocket.
func binarySide(o *options) []subject {
	if all := sides(o); len(all) > 0 {
		return all[1:2]
	}
	return nil
}

// unreadSides are those whose readers differ when they don't read.
func unreadSides(o *options) []subject {
	if all := sides(o); len(all) > 0 {
		return all[:2]
	}
	return nil
}
