package loadtest

import (
	"context"
	"time"

	"tidegate/loadtest/provider"
	"tidegate/loadtest/report"
)

// How often streams are judged and the test is shown, and how often the target
// is asked.
const (
	glance = 250 * time.Millisecond
	sample = time.Second
)

// watcher looks at a run while it is under way. One goroutine uses it.
type watcher struct {
	g      *generator
	run    *report.Run
	probe  *probe
	turn   *server // of this turn
	all    *server // of the run
	status func(report.Status)
	planOf report.Status // what does not change

	at     time.Time // of the last sample
	tokens int64
	events int64
	added  *report.Brief
	rate   float64
}

// watch looks until stop is called.
func (w *watcher) watch(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	w.at = time.Now()
	w.tokens, w.events = w.g.tokens.Load(), w.sent()
	go func() {
		defer close(done)
		ticker := time.NewTicker(glance)
		defer ticker.Stop()
		for {
			select {
			case now := <-ticker.C:
				w.g.book.judge(now)
				if now.Sub(w.at) >= sample {
					w.sample(ctx, now)
				}
				w.show(now)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { cancel(); <-done }
}

func (w *watcher) sent() int64 {
	if w.g.source == nil {
		return 0
	}
	return w.g.source.Stats().Events
}

func (w *watcher) states() report.States {
	s := &w.g.states
	return report.States{Waiting: s[waiting].Load(), Reading: s[reading].Load(), Pausing: s[pausing].Load(), Away: s[away].Load()}
}

func (w *watcher) sample(ctx context.Context, now time.Time) {
	d := now.Sub(w.at).Seconds()
	tokens, events := w.g.tokens.Load(), w.sent()
	recent := w.g.recent()
	s := report.Sample{
		At: report.Span(w.g.since(now)), States: w.states(), Started: w.g.started.Load(),
		Tokens: float64(tokens-w.tokens) / d, Sent: float64(events-w.events) / d, Violations: w.g.violated(),
	}
	w.added = nil
	if recent.TotalCount() > 0 {
		s.AddedP99 = span(recent.ValueAtQuantile(99))
		w.added = &report.Brief{P50: span(recent.ValueAtQuantile(50)), P99: s.AddedP99}
	}
	w.at, w.tokens, w.events, w.rate = now, tokens, events, s.Tokens
	if w.probe.some() {
		f, _ := w.probe.read(ctx) // a busy target that does not answer leaves a gap
		streams := s.States.Waiting + s.States.Reading + s.States.Pausing + s.States.Away
		w.turn.note(f, streams)
		w.all.note(f, streams)
		s.Buffered, s.BufferMax = known(f.buffered), known(f.bufferMax)
		s.Memory, s.Goroutines, s.Files = known(f.memory), known(f.goroutines), known(f.files)
	}
	w.run.Add(s)
}

func known(v int64) *int64 {
	if v < 0 {
		return nil
	}
	return &v
}

func (w *watcher) show(now time.Time) {
	s := w.planOf
	s.Elapsed = report.Span(w.g.since(now))
	if s.Phase == "" {
		s.Phase = "load"
		if s.Duration > 0 && s.Elapsed > s.Duration {
			s.Phase = "finishing"
		}
	}
	s.Started, s.States, s.Tokens = w.g.started.Load(), w.states(), w.rate
	s.Violations = w.g.violated()
	w.g.mu.Lock()
	s.Ends, s.Reconnects, s.Last = w.g.ends, w.g.reconnects, w.g.last
	w.g.mu.Unlock()
	if w.added != nil {
		s.Added = *w.added
	}
	s.FirstToken = w.g.firsts()
	w.status(s)
}

// violated is how many streams have a violation so far.
func (g *generator) violated() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.broken
}

// firsts are the times to first tokens of this turn.
func (g *generator) firsts() report.Brief {
	sum := newHistogram()
	for _, t := range g.tallies() {
		t.mu.Lock()
		sum.Merge(t.first)
		t.mu.Unlock()
	}
	if sum.TotalCount() == 0 {
		return report.Brief{}
	}
	return report.Brief{P50: span(sum.ValueAtQuantile(50)), P99: span(sum.ValueAtQuantile(99))}
}

// account is what the provider says of its calls.
func account(st provider.Stats) *report.Provider {
	return &report.Provider{
		Calls: st.Calls, Finished: st.Finished, Faulted: st.Faulted, Cancelled: st.Cancelled,
		Refused: st.Refused, Open: st.Active, Events: st.Events, Bytes: st.Bytes,
	}
}
