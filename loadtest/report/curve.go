package report

import (
	"math"
	"strconv"
)

// named is a run's histogram with its color.
type named struct {
	name, class string
	h           *Histogram
}

// distribution plots times over percentiles. The nines are equally far apart,
// so that the slowest of a thousand can be seen.
func distribution(title, caption string, all []named) chart {
	c := chart{Title: title, Caption: caption}
	low, high, most := math.Inf(1), 0.0, int64(0)
	for _, one := range all {
		c.Legend = append(c.Legend, key{one.class, one.name, "p50 " + one.h.measured(one.h.P50) + " · p99 " + one.h.measured(one.h.P99)})
		for _, q := range one.h.Curve {
			if q.Value > 0 {
				low, high = min(low, float64(q.Value)), max(high, float64(q.Value))
			}
		}
		most = max(most, one.h.Count)
	}
	if high == 0 {
		c.Unknown = "nothing was measured"
		return c
	}
	// Decades below a microsecond hold nothing but the clock's noise.
	low, high = max(low, 1e-6), max(high, 1e-6)
	// The slowest of all is as far to the right as its share says.
	nines := min(max(math.Log10(float64(most)), 2), 6)
	x := axis{high: nines}
	c.X = percentiles(x)
	y, ticks := decades(low, high, func(v float64) string { return span(Seconds(v)) })
	c.Y = ticks
	for _, one := range all {
		var points []place
		for _, q := range one.h.Curve {
			points = append(points, place{x.at(depth(q.At, nines)), y.up(float64(q.Value))})
		}
		if len(points) == 0 {
			continue
		}
		c.Shapes = append(c.Shapes, shape{Class: one.class, Path: path(points)})
	}
	c.Hovers = quantiles(x, nines, all)
	c.Summary = told(all)
	return c
}

// steps are the points of a curve for each factor of ten of what is left.
const steps = 20

// Curve makes a histogram's curve from its quantiles: at is the time that the
// given part of all took at most, 0 to 1. Its points are evenly apart in the
// number of nines, as the plot's axis is, and end with the slowest of all.
func Curve(count int64, at func(part float64) Seconds) []Quantile {
	if count <= 0 {
		return nil
	}
	var curve []Quantile
	for i := 0.0; ; i++ {
		part := 1 - math.Pow(10, -i/steps)
		if part*float64(count) > float64(count)-0.5 {
			return append(curve, Quantile{1, at(1)})
		}
		curve = append(curve, Quantile{part, at(part)})
	}
}

// depth is the number of nines of a part: 1 for 0.9, 2 for 0.99.
func depth(at, most float64) float64 {
	if at >= 1 {
		return most
	}
	return min(-math.Log10(1-max(at, 0)), most)
}

// percentiles are the ticks of an axis of nines.
func percentiles(x axis) []tick {
	all := []tick{{x.at(depth(0.5, x.high)) / 10, "p50"}}
	// Where max is near, its label will do.
	for n := 1.0; n < x.high*0.8; n++ {
		all = append(all, tick{x.at(n) / 10, "p" + percent(1-math.Pow(10, -n))})
	}
	return append(all, tick{100, "max"})
}

func percent(part float64) string { return trim(strconv.FormatFloat(part*100, 'f', 4, 64)) }

// quantiles let every curve be read at 48 places.
func quantiles(x axis, nines float64, all []named) []hover {
	const strips = 48
	var hovers []hover
	for i := range strips {
		n := (float64(i) + 0.5) / strips * nines
		at := 1 - math.Pow(10, -n)
		text := "p" + percent(at)
		for _, one := range all {
			if len(one.h.Curve) > 0 {
				text += "\n" + one.name + ": " + span(one.h.at(at))
			}
		}
		hovers = append(hovers, hover{At: x.at(n)/10 - 50.0/strips, Width: 100.0 / strips, Text: text})
	}
	return hovers
}

// at is the value of the curve's first point that covers a part of all.
func (h *Histogram) at(part float64) Seconds {
	for _, q := range h.Curve {
		if q.At >= part {
			return q.Value
		}
	}
	return h.Max
}

func told(all []named) string {
	text := ""
	for _, one := range all {
		if one.h.Count > 0 {
			text += one.name + ": half within " + span(one.h.P50) + ", 99 % within " + span(one.h.P99) + ", all within " + span(one.h.Max) + ". "
		}
	}
	return text
}
