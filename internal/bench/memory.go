//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// runMemory measures what an open stream holds: memory with all of them open,
// less that before, per stream.
func runMemory(ctx context.Context, o *options, s subject) ([]value, error) {
	front, back, err := between(ctx, s, setting{}, "provider")
	if err != nil {
		return nil, err
	}
	defer back.Close()
	defer front.Close()

	if err := warmUp(ctx, front, ""); err != nil {
		return nil, err
	}
	before, err := resident(front.pids())
	if err != nil {
		return nil, err
	}
	routines := goroutines(ctx, front)

	l := &load{
		address: front.address, clients: o.crowd, spread: o.duration / 10,
		request: request("tokens=100000,pace=1,"+think, true, 0),
	}
	stop, err := l.start(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	if err := l.settle(ctx, o.duration/2); err != nil {
		return nil, err
	}
	after, err := resident(front.pids())
	if err != nil {
		return nil, err
	}
	n := float64(o.crowd)
	values := []value{
		figure("memory per stream", "KiB", float64(after-before)/1024/n),
		aside("memory without streams", "MiB", float64(before)/(1<<20)),
		aside("streams open", "", float64(l.answered.Load()-l.failed.Load())),
	}
	if routines > 0 {
		values = append(values, aside("goroutines per stream", "", (goroutines(ctx, front)-routines)/n))
	}
	return values, nil
}

// warmUp makes one call, so that what is made once is there before something is
// measured.
func warmUp(ctx context.Context, front *process, protocol string) error {
	l := read(front, protocol, "tokens=20")
	stop, err := l.start(ctx)
	if err != nil {
		return err
	}
	defer stop()
	if err := until(ctx, func() bool { return l.answers.Load()+l.failed.Load() > 0 }); err != nil {
		return l.say(err)
	}
	return nil
}

// goroutines asks a Go program that shows its profile; else 0.
func goroutines(ctx context.Context, p *process) float64 {
	if p.admin == "" {
		return 0
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.admin+"/debug/pprof/goroutine?debug=1", nil)
	if err != nil {
		return 0
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return 0
	}
	var n float64
	if _, err := fmt.Sscanf(strings.TrimSpace(string(text)), "goroutine profile: total %g", &n); err != nil {
		return 0
	}
	return n
}
