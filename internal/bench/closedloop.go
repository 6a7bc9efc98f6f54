//go:build linux

package main

import (
	"context"
	"fmt"
)

// think is how long the provider takes before it answers, in the runs where
// calls follow one another. A model takes longer. Without it, ReverseProxy
// breaks calls that are answered before it has let go of the request
// (golang/go#40747), and the figures would be those of its errors.
const think = "header_delay=2ms"

// runUnpaced measures what goes through when the provider and the clients are
// as fast as they can: with one write of the provider's for each token, as a
// model server writes, and with as many tokens in a write as fit in 4 KB.
func runUnpaced(ctx context.Context, o *options, s subject) ([]value, error) {
	var all []value
	for _, run := range []struct{ how, script string }{
		{"one write each", fmt.Sprintf("tokens=%d,pace=1000000,%s", o.tokens, think)},
		{"4 KB writes", fmt.Sprintf("tokens=%d,%s", o.tokens, think)},
	} {
		w, err := closedLoop(ctx, o, s, request(run.script, true, 0))
		if err != nil {
			return nil, err
		}
		all = append(all,
			figure("tokens per second, "+run.how, "", w.perSecond(w.events)),
			figure("CPU per million tokens, "+run.how, "s", w.perMillion(w.events)),
			aside("streams failed, "+run.how, "", w.failed))
	}
	return all, nil
}

// runShort measures streams so short that beginning and end are most of them.
func runShort(ctx context.Context, o *options, s subject) ([]value, error) {
	w, err := closedLoop(ctx, o, s, request("tokens=20,"+think, true, 0))
	if err != nil {
		return nil, err
	}
	return []value{
		figure("streams per second", "", w.perSecond(w.answers)),
		figure("CPU per stream", "us", w.perMillion(w.answers)),
		aside("streams failed", "", w.failed),
	}, nil
}

// runWhole measures calls that are not streamed.
func runWhole(ctx context.Context, o *options, s subject) ([]value, error) {
	var all []value
	for _, size := range []int{1, 20} {
		w, err := closedLoop(ctx, o, s, request("tokens=20,"+think, false, size<<10))
		if err != nil {
			return nil, err
		}
		of := fmt.Sprintf(", %d KB request", size)
		all = append(all,
			figure("requests per second"+of, "", w.perSecond(w.answers)),
			figure("CPU per request"+of, "us", w.perMillion(w.answers)),
			aside("requests failed"+of, "", w.failed))
	}
	return all, nil
}

// closedLoop runs clients that each ask again as soon as they have an answer.
func closedLoop(ctx context.Context, o *options, s subject, request []byte) (window, error) {
	front, back, err := between(ctx, s, setting{}, "provider")
	if err != nil {
		return window{}, err
	}
	defer back.Close()
	defer front.Close()
	l := &load{address: front.address, clients: o.clients, repeat: true, request: request}
	return watch(ctx, front, l, o.duration/10, o.duration/4)
}
