package report

import (
	"math"
	"strconv"
	"strings"
)

// chart is a plot, ready to be drawn: a template makes SVG of it. Places are
// given in thousandths of the plot's width and height from its upper left, so
// that it can be stretched to any screen while its text stays as it is.
type chart struct {
	Title   string
	Caption string // one sentence: how to read it
	Summary string // for those who cannot see it
	Legend  []key
	X, Y    []tick
	Shapes  []shape
	Limit   *tick  // a level worth marking
	Marks   []tick // moments worth marking, along the top
	Hovers  []hover
	Unknown string // why there is nothing to see
}

// key says what a color means. Class is the color's name in page.css.
type key struct{ Class, Name, Value string }

// tick is a place on an axis.
type tick struct {
	At    float64 // percent of the axis, from the left or from the top
	Label string
}

// shape is a line or, filled, an area.
type shape struct {
	Class string
	Fill  bool
	Path  string
}

// hover is a strip of the plot that says its figures when it is pointed at.
type hover struct {
	At, Width float64 // percent
	Text      string
}

// place is a point of the plot in thousandths.
type place struct{ x, y float64 }

// path joins places. Neighbours that would be drawn on each other are left out.
func path(points []place) string {
	var b strings.Builder
	var last place
	for i, p := range points {
		if i > 0 && i < len(points)-1 && math.Abs(p.x-last.x) < 0.3 && math.Abs(p.y-last.y) < 0.3 {
			continue
		}
		if i == 0 {
			b.WriteByte('M')
		} else {
			b.WriteByte('L')
		}
		b.WriteString(coordinate(p.x))
		b.WriteByte(' ')
		b.WriteString(coordinate(p.y))
		last = p
	}
	if len(points) == 1 {
		// A line of no length, with round ends, is a dot.
		b.WriteString("L" + coordinate(last.x) + " " + coordinate(last.y))
	}
	return b.String()
}

func coordinate(f float64) string { return trim(strconv.FormatFloat(clamp(f), 'f', 1, 64)) }

// clamp keeps a place on the plot: what no one expected must not draw over the
// rest of the page.
func clamp(f float64) float64 {
	if math.IsNaN(f) {
		return 0
	}
	return min(max(f, 0), 1000)
}

// axis places values between two bounds, evenly or by their logarithm.
type axis struct {
	low, high float64
	log       bool
}

// at is 0 for the low bound and 1000 for the high one.
func (a axis) at(v float64) float64 {
	low, high := a.low, a.high
	if a.log {
		v, low, high = math.Log10(max(v, math.SmallestNonzeroFloat64)), math.Log10(low), math.Log10(high)
	}
	if high <= low {
		return 0
	}
	return clamp((v - low) / (high - low) * 1000)
}

// up is the same from the top.
func (a axis) up(v float64) float64 { return 1000 - a.at(v) }

// upTo is an even axis from 0 to a round value that holds highest, with ticks
// at round values. Step is what a round value may be divided by: 10 for most,
// 2 for bytes.
func upTo(highest, base float64, text func(float64) string) (axis, []tick) {
	if highest <= 0 || math.IsNaN(highest) || math.IsInf(highest, 0) {
		highest = 1
	}
	step := round(highest/4, base)
	a := axis{high: math.Ceil(highest/step-1e-9) * step}
	var ticks []tick
	for v := 0.0; v <= a.high+step/2; v += step {
		ticks = append(ticks, tick{At: a.up(v) / 10, Label: text(v)})
	}
	return a, ticks
}

// round finds the smallest of 1, 2 and 5 times a power of ten, or the smallest
// power of two, that is not below v.
func round(v, base float64) float64 {
	if base == 2 {
		return math.Pow(2, math.Ceil(math.Log2(v)-1e-9))
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// decades is a logarithmic axis with a tick at each power of ten.
func decades(low, high float64, text func(float64) string) (axis, []tick) {
	first, last := math.Floor(math.Log10(low)+1e-9), math.Ceil(math.Log10(high)-1e-9)
	if last <= first {
		last = first + 1
	}
	a := axis{low: math.Pow(10, first), high: math.Pow(10, last), log: true}
	var ticks []tick
	for e := first; e <= last; e++ {
		ticks = append(ticks, tick{At: a.up(math.Pow(10, e)) / 10, Label: text(math.Pow(10, e))})
	}
	return a, ticks
}

// overTime is the axis of a run's time.
func overTime(end Seconds) (axis, []tick) {
	end = max(end, 1)
	step := round(float64(end)/6, 10)
	for _, s := range []float64{15, 30, 60, 120, 300, 600, 1800, 3600} {
		// Times of day do not divide by ten.
		if float64(end)/6 > 10 && s >= float64(end)/6 {
			step = s
			break
		}
	}
	a := axis{high: float64(end)}
	var ticks []tick
	for v := 0.0; v <= a.high*1.0001; v += step {
		ticks = append(ticks, tick{At: a.at(v) / 10, Label: clock(v)})
	}
	return a, ticks
}

// clock writes a moment of a run.
func clock(s float64) string {
	if s < 120 && s == math.Trunc(s) || s < 1 {
		return trim(strconv.FormatFloat(s, 'f', 1, 64)) + " s"
	}
	whole := int64(math.Round(s))
	text := strconv.FormatInt(whole/60, 10) + ":"
	if whole%60 < 10 {
		text += "0"
	}
	return text + strconv.FormatInt(whole%60, 10)
}
