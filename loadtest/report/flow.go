package report

import (
	"slices"
	"strings"
)

// layer is one of several series of a run.
type layer struct {
	class, name string
	of          func(*Sample) *int64 // nil where nobody could tell
}

var stateLayers = []layer{
	{"reading", "reading", func(s *Sample) *int64 { return &s.States.Reading }},
	{"pausing", "pausing", func(s *Sample) *int64 { return &s.States.Pausing }},
	{"away", "away", func(s *Sample) *int64 { return &s.States.Away }},
	{"waiting", "waiting", func(s *Sample) *int64 { return &s.States.Waiting }},
}

// flow describes a plot over time.
type flow struct {
	title, caption string
	layers         []layer
	stacked        bool
	base           float64 // of round values: 2 for bytes
	text           func(float64) string
	limit          float64 // a level to mark; 0 for none
	limitName      string
	unknown        string // what to say where nothing was measured
}

// highest is how high the plot has to be.
func (f flow) highest(samples []Sample) float64 {
	top := 0.0
	for i := range samples {
		sum := 0.0
		for _, l := range f.layers {
			v := value(l, &samples[i])
			sum += v
			top = max(top, v)
		}
		if f.stacked {
			top = max(top, sum)
		}
	}
	return top
}

func value(l layer, s *Sample) float64 {
	if n := l.of(s); n != nil {
		return float64(max(*n, 0))
	}
	return 0
}

// known tells whether a sample has any of the layers.
func (f flow) known(samples []Sample) bool {
	for i := range samples {
		for _, l := range f.layers {
			if l.of(&samples[i]) != nil {
				return true
			}
		}
	}
	return false
}

// plot draws a run's samples. Highest and end are the highest of all runs', so
// that plots beside each other can be compared.
func (f flow) plot(samples []Sample, highest float64, end Seconds) chart {
	c := chart{Title: f.title, Caption: f.caption}
	if !f.known(samples) {
		c.Unknown = f.unknown
		return c
	}
	x, ticks := overTime(end)
	c.X = ticks
	y, ticks := upTo(max(highest, f.limit), f.base, f.text)
	c.Y = ticks
	if f.limit > 0 {
		c.Limit = &tick{At: y.up(f.limit) / 10, Label: f.limitName}
	}
	under := make([]float64, len(samples))
	var facts []string
	for _, l := range f.layers {
		top := make([]place, len(samples))
		bottom := make([]place, len(samples))
		peak := 0.0
		for i := range samples {
			v := value(l, &samples[i])
			peak = max(peak, v)
			at := x.at(float64(samples[i].At))
			bottom[i] = place{at, y.up(under[i])}
			top[i] = place{at, y.up(under[i] + v)}
			if f.stacked {
				under[i] += v
			}
		}
		text := "at most " + f.text(peak)
		c.Legend = append(c.Legend, key{l.class, l.name, text})
		facts = append(facts, l.name+" "+text)
		for _, s := range stretches(l, samples) {
			if f.stacked || len(f.layers) == 1 {
				c.Shapes = append(c.Shapes, shape{Class: l.class, Fill: true, Path: closed(top[s.from:s.to], bottom[s.from:s.to])})
			}
			if !f.stacked {
				c.Shapes = append(c.Shapes, shape{Class: l.class, Path: path(top[s.from:s.to])})
			}
		}
	}
	c.Summary = strings.Join(facts, ", ") + "."
	c.Hovers = f.hovers(samples, x)
	return c
}

// stretch is a range of samples, without the last.
type stretch struct{ from, to int }

// stretches are where a layer is known: what nobody could tell is a gap, and
// no 0.
func stretches(l layer, samples []Sample) (all []stretch) {
	for i := range samples {
		switch n := len(all); {
		case l.of(&samples[i]) == nil:
		case n > 0 && all[n-1].to == i:
			all[n-1].to++
		default:
			all = append(all, stretch{i, i + 1})
		}
	}
	return all
}

// closed is an area: along its top, and along its bottom back.
func closed(top, bottom []place) string {
	back := slices.Clone(bottom)
	slices.Reverse(back)
	return path(top) + "L" + strings.TrimPrefix(path(back), "M") + "Z"
}

// hovers are at most 120: a page with one for each sample of each plot would
// be slow.
func (f flow) hovers(samples []Sample, x axis) []hover {
	every := (len(samples) + 119) / 120
	var all []hover
	for i := 0; i < len(samples); i += every {
		s := &samples[i]
		from := x.at(float64(s.At)) / 10
		to := 100.0
		if i+every < len(samples) {
			to = x.at(float64(samples[i+every].At)) / 10
		}
		text := clock(float64(int64(s.At)))
		for _, l := range f.layers {
			if n := l.of(s); n != nil {
				text += "\n" + l.name + ": " + f.text(float64(*n))
			}
		}
		all = append(all, hover{At: from, Width: max(to-from, 0), Text: text})
	}
	return all
}
