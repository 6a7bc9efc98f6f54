package report

// The units of ratios.
const (
	unitSeconds    = "seconds"
	unitBytes      = "bytes"
	unitThroughput = "tokens/s"
	unitCount      = ""
)

// part is what a measure is taken of: a run, or one of its turns.
type part struct {
	elapsed Seconds
	figures *Figures
	server  *Server // nil if unknown
}

// measure is one figure that runs are compared by; ok is false where there is
// none.
type measure struct {
	name, unit string
	better     string // lower or higher
	of         func(part) (value float64, ok bool)
}

var measures = []measure{
	{"time to first token, p50", unitSeconds, "lower", timeOf(func(f *Figures) (*Histogram, Seconds) { return &f.FirstToken, f.FirstToken.P50 })},
	{"time to first token, p99", unitSeconds, "lower", timeOf(func(f *Figures) (*Histogram, Seconds) { return &f.FirstToken, f.FirstToken.P99 })},
	{"added latency, p50", unitSeconds, "lower", timeOf(func(f *Figures) (*Histogram, Seconds) { return &f.Added, f.Added.P50 })},
	{"added latency, p99", unitSeconds, "lower", timeOf(func(f *Figures) (*Histogram, Seconds) { return &f.Added, f.Added.P99 })},
	{"added latency, p99.9", unitSeconds, "lower", timeOf(func(f *Figures) (*Histogram, Seconds) { return &f.Added, f.Added.P999 })},
	{"throughput", unitThroughput, "higher", func(p part) (float64, bool) {
		return float64(p.figures.Tokens) / float64(p.elapsed), p.elapsed > 0
	}},
	{"processor time per token", unitSeconds, "lower", func(p part) (float64, bool) {
		return cpuPerToken(p), p.server != nil && p.server.CPU > 0
	}},
	{"memory per stream", unitBytes, "lower", func(p part) (float64, bool) {
		if p.server == nil {
			return 0, false
		}
		return float64(p.server.MemoryPerStream), p.server.MemoryPerStream > 0
	}},
	{"cancellation delay, p99", unitSeconds, "lower", timeOf(func(f *Figures) (*Histogram, Seconds) { return &f.Cancel, f.Cancel.P99 })},
	{"taken ahead, at most", unitBytes, "lower", func(p part) (float64, bool) {
		if p.figures.AheadMax == nil {
			return 0, false
		}
		return float64(*p.figures.AheadMax), true
	}},
	{"tokens wasted", unitCount, "lower", func(p part) (float64, bool) { return float64(p.figures.Wasted), true }},
	{"violations", unitCount, "lower", func(p part) (float64, bool) { return float64(p.figures.Violations), true }},
}

func cpuPerToken(p part) float64 {
	if p.server == nil {
		return 0
	}
	return float64(p.server.CPUPerToken)
}

func timeOf(get func(*Figures) (*Histogram, Seconds)) func(part) (float64, bool) {
	return func(p part) (float64, bool) {
		h, value := get(p.figures)
		return float64(value), h.Count > 0
	}
}

// compare relates every figure that both runs have.
func compare(a, b *Run) []Ratio {
	var all []Ratio
	for _, m := range measures {
		first, known := m.of(part{a.Elapsed, &a.Total, a.Server})
		second, alsoKnown := m.of(part{b.Elapsed, &b.Total, b.Server})
		if !known || !alsoKnown {
			continue
		}
		r := Ratio{Name: m.name, Unit: m.unit, First: first, Second: second, Better: m.better}
		if second > 0 {
			r.Ratio = first / second
		}
		r.Low, r.High = m.spread(a.Turns, b.Turns)
		all = append(all, r)
	}
	return all
}

// spread is the lowest and the highest ratio of turns that ran one after the
// other, so that what disturbed the machine disturbed both. It is 0 with less
// than two.
func (m measure) spread(a, b []Turn) (lowest, highest float64) {
	n := 0
	for i := range min(len(a), len(b)) {
		first, known := m.of(part{a[i].Elapsed, &a[i].Figures, a[i].Server})
		second, alsoKnown := m.of(part{b[i].Elapsed, &b[i].Figures, b[i].Server})
		if !known || !alsoKnown || second <= 0 {
			continue
		}
		ratio := first / second
		if n++; n == 1 {
			lowest, highest = ratio, ratio
		}
		lowest, highest = min(lowest, ratio), max(highest, ratio)
	}
	if n < 2 {
		return 0, 0
	}
	return lowest, highest
}
