//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// window is what happened between two moments of a run.
type window struct {
	wall, cpu       time.Duration
	events, answers float64
	failed          float64
	busy            float64 // share of the whole machine, 0 to 1
	others          float64 // of it, what neither this program nor its children took
}

// watch lets the load settle for a while, measures for a while, and stops it.
// What settled holds is called in between.
func watch(ctx context.Context, p *process, l *load, settle, measure time.Duration, settled ...func()) (window, error) {
	stop, err := l.start(ctx)
	if err != nil {
		return window{}, err
	}
	defer stop()
	if err := l.settle(ctx, settle); err != nil {
		return window{}, fmt.Errorf("%w %s", err, p.errors)
	}
	for _, f := range settled {
		f()
	}
	pids := p.pids()
	before, err := snapshot(pids, l)
	if err != nil {
		return window{}, err
	}
	if err := l.last(ctx, measure); err != nil {
		return window{}, fmt.Errorf("%w %s", err, p.errors)
	}
	after, err := snapshot(pids, l)
	return after.since(before), err
}

type moment struct {
	at                      time.Time
	cpu, ours, total, idle  time.Duration
	events, answers, failed int64
}

func snapshot(pids []int, l *load) (m moment, err error) {
	if m.cpu, err = cpu(pids); err != nil {
		return m, err
	}
	if m.ours, err = cpu(family(os.Getpid())); err != nil {
		return m, err
	}
	if m.total, m.idle, err = machine(); err != nil {
		return m, err
	}
	m.at, m.events, m.answers, m.failed = time.Now(), l.events.Load(), l.answers.Load(), l.failed.Load()
	return m, nil
}

func (m moment) since(b moment) window {
	w := window{
		wall: m.at.Sub(b.at), cpu: m.cpu - b.cpu,
		events: float64(m.events - b.events), answers: float64(m.answers - b.answers), failed: float64(m.failed - b.failed),
	}
	if total := m.total - b.total; total > 0 {
		w.busy = 1 - float64(m.idle-b.idle)/float64(total)
		w.others = max(0, w.busy-float64(m.ours-b.ours)/float64(total))
	}
	return w
}

// perMillion is the processor time per million of n, in seconds: numerically
// microseconds each.
func (w window) perMillion(n float64) float64 { return w.cpu.Seconds() / n * 1e6 }

func (w window) perSecond(n float64) float64 { return n / w.wall.Seconds() }

// circumstances are values that say what the run's figures are worth.
func (w window) circumstances() []value {
	return []value{aside("machine busy", "%", 100*w.busy), aside(disturbance, "%", 100*w.others)}
}

// disturbance is the row that tells of other programs on the machine.
const disturbance = "of that, with other programs"

// sleep is time.Sleep that ends with ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
