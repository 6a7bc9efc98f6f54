package loadtest

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"tidegate/loadtest/check"
	"tidegate/loadtest/report"
)

// Histograms hold a microsecond to an hour, to a hundredth.
const (
	shortest = int64(time.Microsecond)
	longest  = int64(time.Hour)
	digits   = 2
)

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(shortest, longest, digits) }

func record(h *hdrhistogram.Histogram, d time.Duration) {
	_ = h.RecordValue(min(max(int64(d), shortest), longest)) // within its bounds
}

// tally has the figures of the streams of one profile over one transport.
type tally struct {
	mu      sync.Mutex
	figures report.Figures
	first   *hdrhistogram.Histogram
	recent  *hdrhistogram.Histogram // of added, since it was last asked for
	added   *hdrhistogram.Histogram
	cancel  *hdrhistogram.Histogram
	pauses  *hdrhistogram.Histogram
}

func newTally() *tally {
	return &tally{first: newHistogram(), recent: newHistogram(), added: newHistogram(), cancel: newHistogram(), pauses: newHistogram()}
}

// batch counts tokens that have come together.
func (t *tally) batch(n int, added []time.Duration) {
	t.mu.Lock()
	t.figures.Tokens += int64(n)
	for _, d := range added {
		record(t.recent, d)
	}
	t.mu.Unlock()
}

func (t *tally) begun() {
	t.mu.Lock()
	t.figures.Streams++
	t.mu.Unlock()
}

func (t *tally) firstToken(after time.Duration) {
	t.mu.Lock()
	record(t.first, after)
	t.mu.Unlock()
}

// over counts a stream that has ended.
func (t *tally) over(r *check.Result, count func(*report.Ends), bytes, reconnects int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := &t.figures
	count(&f.Ends)
	f.Bytes += bytes
	f.Reconnects += reconnects
	f.Wasted += r.Wasted
	if r.Ahead >= 0 && (f.AheadMax == nil || *f.AheadMax < r.Ahead) {
		f.AheadMax = new(r.Ahead)
	}
	if r.Cancel > 0 {
		record(t.cancel, r.Cancel)
	}
	for _, p := range r.Pauses {
		record(t.pauses, p)
	}
	if len(r.Violations) > 0 {
		f.Violations++
	}
}

// drain adds what is recent to the rest and to sum.
func (t *tally) drain(sum *hdrhistogram.Histogram) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.recent.TotalCount() == 0 {
		return
	}
	t.added.Merge(t.recent)
	sum.Merge(t.recent)
	t.recent.Reset()
}

// add adds another's figures.
func (t *tally) add(o *tally) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f, g := &t.figures, &o.figures
	f.Streams += g.Streams
	f.Tokens += g.Tokens
	f.Bytes += g.Bytes
	f.Reconnects += g.Reconnects
	f.Wasted += g.Wasted
	f.Violations += g.Violations
	f.Ends.Whole += g.Ends.Whole
	f.Ends.Left += g.Ends.Left
	f.Ends.CutOff += g.Ends.CutOff
	f.Ends.Told += g.Ends.Told
	f.Ends.Refused += g.Ends.Refused
	f.Ends.Failed += g.Ends.Failed
	f.Ends.Open += g.Ends.Open
	if g.AheadMax != nil && (f.AheadMax == nil || *f.AheadMax < *g.AheadMax) {
		f.AheadMax = new(*g.AheadMax)
	}
	t.first.Merge(o.first)
	t.added.Merge(o.added)
	t.added.Merge(o.recent)
	t.cancel.Merge(o.cancel)
	t.pauses.Merge(o.pauses)
}

// done are the figures, with their histograms.
func (t *tally) done(curves bool) report.Figures {
	f := t.figures
	f.FirstToken = histogram(t.first, curves)
	f.Added = histogram(t.added, curves)
	f.Cancel = histogram(t.cancel, curves)
	f.Pauses = histogram(t.pauses, curves)
	return f
}

func histogram(h *hdrhistogram.Histogram, curve bool) report.Histogram {
	if h.TotalCount() == 0 {
		return report.Histogram{}
	}
	at := func(q float64) report.Seconds { return span(h.ValueAtQuantile(q)) }
	r := report.Histogram{
		Count: h.TotalCount(), Min: span(h.Min()), Mean: report.Seconds(h.Mean() / 1e9), Max: span(h.Max()),
		P50: at(50), P90: at(90), P99: at(99), P999: at(99.9),
	}
	if curve {
		r.Curve = report.Curve(r.Count, func(part float64) report.Seconds { return at(100 * part) })
	}
	return r
}

func span(ns int64) report.Seconds { return report.Span(time.Duration(ns)) }
