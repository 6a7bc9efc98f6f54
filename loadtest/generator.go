package loadtest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"tidegate/loadtest/check"
	"tidegate/loadtest/report"
)

// generator loads one target, in one turn or several.
type generator struct {
	options *Options
	target  *endpoint
	source  *source // nil: the provider is somebody else's
	book    *book
	mark    string // how the ids of its streams begin
	poller  *poller
	errands *errands

	number int // of the next stream
	live   sync.WaitGroup
	atOnce atomic.Int64
	shed   atomic.Int64
	behind time.Duration

	states  [states]atomic.Int64
	started atomic.Int64
	tokens  atomic.Int64

	mu         sync.Mutex    // guards the following
	elapsed    time.Duration // of the turns that are over
	begun      time.Time     // this turn
	turns      []*turn
	checks     map[report.Kind]*report.Check
	violations []report.Violation
	last       string
	broken     int64 // streams with a violation
	ends       report.Ends
	reconnects int64
}

// keepOfKind is how many violations of a kind are kept with their timelines: one
// frequent kind must not hide the others.
var keepOfKind = int64(report.MaxViolations / len(report.Kinds))

type row struct{ profile, transport string }

// turn is one part of the load.
type turn struct {
	tallies map[row]*tally
	elapsed time.Duration // once it is over
}

// state is what a client is doing.
type state int

const (
	waiting state = iota
	reading
	pausing
	away
	states
	none state = -1
)

func newGenerator(o *Options, t *endpoint, s *source, b *book, mark string) (*generator, error) {
	p, err := newPoller(o.Pace)
	if err != nil {
		return nil, err
	}
	g := &generator{options: o, target: t, source: s, book: b, mark: mark, poller: p, checks: map[report.Kind]*report.Check{}}
	g.errands = newErrands(p, t, g.silence())
	return g, nil
}

// close is called when no stream is left.
func (g *generator) close() {
	g.errands.close()
	g.poller.close()
}

// load begins streams for so long, as many as given at most (0: no matter how
// many), and returns how many when the last is over. When ctx is done it
// begins no more, and has those that run break off.
func (g *generator) load(ctx context.Context, d time.Duration, most int) int {
	g.mu.Lock()
	now := &turn{tallies: map[row]*tally{}}
	g.turns = append(g.turns, now)
	begun := time.Now()
	g.begun = begun
	g.mu.Unlock()
	when := schedule{g.options.Rate, g.options.Ramp}
	timer := time.NewTimer(0)
	defer timer.Stop()
	n := 0
arrivals:
	for ; most == 0 || n < most; n++ {
		due := when.due(n)
		if due >= d {
			break
		}
		at := begun.Add(due)
		timer.Reset(time.Until(at))
		select {
		case <-timer.C:
		case <-ctx.Done():
			break arrivals
		}
		g.behind = max(g.behind, time.Since(at))
		p := g.plan(g.number, 0)
		g.number++
		if g.atOnce.Load() >= int64(g.options.AtOnce) {
			g.shed.Add(1)
			continue
		}
		g.atOnce.Add(1)
		g.live.Go(func() {
			defer g.atOnce.Add(-1)
			for again := 0; ; again++ {
				if more := g.follow(ctx, p, at); !more {
					return
				}
				p, at = g.plan(p.number, again+1), time.Now()
			}
		})
	}
	g.live.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	now.elapsed = time.Since(begun)
	g.elapsed += now.elapsed
	g.begun = time.Time{}
	return n
}

// since is the run's time: that of other targets' turns does not count.
func (g *generator) since(at time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.sinceLocked(at)
}

func (g *generator) sinceLocked(at time.Time) time.Duration {
	if g.begun.IsZero() {
		return g.elapsed
	}
	return g.elapsed + at.Sub(g.begun)
}

// tally is where a stream's figures go.
func (g *generator) tally(p *plan) *tally {
	g.mu.Lock()
	defer g.mu.Unlock()
	tallies := g.turns[len(g.turns)-1].tallies
	key := row{p.profile.Name, p.transport}
	t := tallies[key]
	if t == nil {
		t = newTally()
		tallies[key] = t
	}
	return t
}

// tallies are those of the turn.
func (g *generator) tallies() []*tally {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []*tally
	for _, t := range g.turns[len(g.turns)-1].tallies {
		all = append(all, t)
	}
	return all
}

// recent is the distribution of what tokens took since it was last asked for.
func (g *generator) recent() *hdrhistogram.Histogram {
	sum := newHistogram()
	for _, t := range g.tallies() {
		t.drain(sum)
	}
	return sum
}

// judged takes the verdict on a stream that is over.
func (g *generator) judged(p *plan, r *check.Result) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, kind := range r.Judged {
		g.check(kind).Judged++
	}
	if len(r.Violations) > 0 {
		g.broken++
	}
	for _, v := range r.Violations {
		c := g.check(v.Kind)
		c.Found++
		c.Judged = max(c.Judged, c.Found)
		g.last = fmt.Sprintf("%s, stream %s", v.Kind, p.id)
		if c.Found > keepOfKind {
			continue
		}
		fault := p.fault.Name
		if fault == "none" {
			fault = ""
		}
		g.violations = append(g.violations, report.Violation{
			Kind: v.Kind, Stream: p.id, Profile: p.profile.Name, Transport: p.transport, Fault: fault,
			Message: v.Message, At: report.Span(g.sinceLocked(v.At)), Timeline: r.Timeline, Omitted: r.Omitted,
		})
	}
}

func (g *generator) check(kind report.Kind) *report.Check {
	c := g.checks[kind]
	if c == nil {
		c = &report.Check{Kind: kind}
		g.checks[kind] = c
	}
	return c
}

// ended counts a stream's end.
func (g *generator) ended(count func(*report.Ends), reconnects int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	count(&g.ends)
	g.reconnects += reconnects
}
