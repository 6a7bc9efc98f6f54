package loadtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"tidegate/loadtest/provider"
	"tidegate/loadtest/report"
)

// Run runs a load test, and returns what it found. When ctx is done it stops,
// and reports what was done. The error says that there was no test.
func Run(ctx context.Context, o Options) (*report.Report, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	t := &test{options: &o, book: newBook(), mark: fmt.Sprintf("load-%08x-", rand.Uint32())}
	defer t.close()
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	r := &report.Report{Program: o.Program, Started: time.Now(), Asked: t.asked(), Machine: describe()}
	t.turns(ctx)
	r.Ended, r.Interrupted = time.Now(), ctx.Err() != nil
	for _, run := range t.runs {
		r.Runs = append(r.Runs, run.done())
	}
	r.Finish()
	return r, nil
}

// test is a load test under way.
type test struct {
	options *Options
	book    *book
	mark    string
	source  *source
	runs    []*oneRun
	stop    func() // of the target that was started here
}

// oneRun is the load against one target.
type oneRun struct {
	g       *generator
	report  report.Run
	watcher *watcher
	servers []*report.Server // by turn
	counts  report.Provider
	cpu     float64
	left    int // streams still to begin; with Streams
}

func (t *test) close() {
	for _, run := range t.runs {
		run.g.close()
		run.watcher.probe.http.CloseIdleConnections()
	}
	if t.stop != nil {
		t.stop()
	}
	if t.source != nil {
		t.source.close()
	}
}

// begin starts the provider, and the target where there is none.
func (t *test) begin(ctx context.Context) (err error) {
	o := t.options
	if !o.NoProvider {
		listen := o.Listen
		if listen == "" {
			listen = "127.0.0.1:0"
		}
		if t.source, err = listenAsProvider(listen, t.mark, t.book.find); err != nil {
			return err
		}
	}
	targets := o.Targets
	if len(targets) == 0 {
		var target Target
		provider := ""
		if t.source != nil {
			provider = "http://" + t.source.address
		}
		if target, t.stop, err = o.Start(ctx, provider); err != nil {
			return fmt.Errorf("loadtest: the target can't be started: %w", err)
		}
		targets = []Target{target}
	}
	for i, target := range targets {
		e, err := resolve(target)
		if err != nil {
			return err
		}
		g, err := newGenerator(o, e, t.source, t.book, fmt.Sprintf("%s%c", t.mark, 'a'+i))
		if err != nil {
			return err
		}
		run := &oneRun{g: g, report: report.Run{Name: e.Name, Target: e.URL}, left: o.Streams}
		run.watcher = &watcher{
			g: g, run: &run.report, probe: newProbe(e), all: &server{}, turn: &server{}, status: o.Live,
			planOf: report.Status{Target: e.Name, Duration: report.Span(o.Duration), Planned: int64(o.Streams)},
		}
		if run.watcher.probe.some() {
			if _, err := run.watcher.probe.read(ctx); err != nil {
				return err
			}
		}
		t.runs = append(t.runs, run)
	}
	return nil
}

// turns loads one target, or several in turns.
func (t *test) turns(ctx context.Context) {
	turns := 1
	if len(t.runs) > 1 {
		turns = t.options.Turns
	}
	for turn := range turns {
		for _, run := range t.runs {
			if ctx.Err() == nil {
				run.turn(ctx, t.options, turns-turn, turns)
			}
		}
	}
}

// turn is one of several: left are still to come, this one included.
func (r *oneRun) turn(ctx context.Context, o *Options, left, of int) {
	w := r.watcher
	w.turn = &server{}
	before := provider.Stats{}
	if r.g.source != nil {
		before = r.g.source.Stats()
	}
	if w.probe.some() {
		f, _ := w.probe.read(ctx)
		w.turn.begin(f)
		w.all.begin(f)
	}
	cpu := ownCPU()
	stop := w.watch(ctx)
	most := 0
	if o.Streams > 0 {
		most = max(1, r.left/left)
	}
	r.left -= r.g.load(ctx, o.Duration/time.Duration(of), most)
	stop()
	r.cpu += ownCPU() - cpu
	if w.probe.some() {
		f, _ := w.probe.read(context.WithoutCancel(ctx))
		w.turn.end(f)
		w.all.end(f)
	}
	w.sample(context.WithoutCancel(ctx), time.Now())
	r.servers = append(r.servers, w.turn.report())
	if r.g.source != nil {
		r.count(before, r.g.source.Stats())
	}
}

// count adds what the provider did in a turn.
func (r *oneRun) count(before, after provider.Stats) {
	a, b := account(after), account(before)
	c := &r.counts
	c.Calls += a.Calls - b.Calls
	c.Finished += a.Finished - b.Finished
	c.Faulted += a.Faulted - b.Faulted
	c.Cancelled += a.Cancelled - b.Cancelled
	c.Refused += a.Refused - b.Refused
	c.Events += a.Events - b.Events
	c.Bytes += a.Bytes - b.Bytes
	c.Open = a.Open
}

// done is the run's report.
func (r *oneRun) done() report.Run {
	g, run := r.g, r.report
	run.Elapsed = report.Span(g.elapsed)
	total, rows := newTally(), map[row]*tally{}
	for i, turn := range g.turns {
		sum := newTally()
		for key, t := range turn.tallies {
			if rows[key] == nil {
				rows[key] = newTally()
			}
			rows[key].add(t)
			sum.add(t)
		}
		total.add(sum)
		if len(g.turns) > 1 {
			run.Turns = append(run.Turns, report.Turn{Elapsed: report.Span(turn.elapsed), Figures: sum.done(false), Server: r.servers[i]})
		}
	}
	run.Total = total.done(true)
	for _, p := range Profiles {
		for _, transport := range Transports {
			if t := rows[row{p.Name, transport}]; t != nil {
				run.Rows = append(run.Rows, report.Row{Profile: p.Name, Transport: transport, Figures: t.done(false)})
			}
		}
	}
	for _, c := range g.checks {
		run.Checks = append(run.Checks, *c)
	}
	run.Violations = slices.Clone(g.violations)
	if g.source != nil {
		run.Provider = &r.counts
	}
	run.Server = r.watcher.all.report()
	run.Generator = report.Generator{CPU: report.Seconds(r.cpu), Behind: report.Span(g.behind), Shed: g.shed.Load()}
	return run
}

func (t *test) asked() report.Asked {
	o := t.options
	asked := report.Asked{
		Streams: o.Streams, Rate: o.Rate, Ramp: report.Span(o.Ramp), Duration: report.Span(o.Duration),
		Tokens: o.Tokens, Pace: o.Pace, Profiles: o.Profiles, Faults: o.Faults, Transports: o.Transports,
		API: o.API, Provider: "none", Seed: o.Seed,
	}
	switch {
	case t.source != nil && o.Listen != "":
		asked.Provider = t.source.address
	case t.source != nil:
		asked.Provider = "in-process"
	}
	return asked
}

func describe() report.Machine {
	kernel, processor, memory := machine()
	return report.Machine{
		System: runtime.GOOS + "/" + runtime.GOARCH, Kernel: kernel, Processor: processor,
		Processors: runtime.NumCPU(), MemoryBytes: memory, Go: runtime.Version(),
	}
}
