package report

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// TestDistributionPlaces: a point of the curve stands above its percentile's
// tick.
func TestDistributionPlaces(t *testing.T) {
	h := Histogram{Count: 10_000, P50: 0.001, P99: 0.01, Max: 1, Curve: []Quantile{{0, 0.0001}, {0.5, 0.001}, {0.9, 0.002}, {0.99, 0.01}, {0.999, 0.1}, {1, 1}}}
	c := distribution("", "", []named{{"gateway", "first", &h}})
	want := []string{"p50", "p90", "p99", "p99.9", "max"}
	var names []string
	for _, one := range c.X {
		names = append(names, one.Label)
	}
	if !slices.Equal(names, want) {
		t.Fatalf("the axis reads %v, want %v", names, want)
	}
	points := drawn(t, c.Shapes[0].Path)
	for i, one := range c.X {
		if p := points[i+1]; math.Abs(p.x-one.At*10) > 0.1 {
			t.Errorf("%s is marked at %.1f and drawn at %.1f", one.Label, one.At*10, p.x)
		}
	}
	// From 100 µs to 1 s there are four decades.
	for i, y := range []float64{1000, 750, 674.7, 500, 250, 0} {
		if math.Abs(points[i].y-y) > 0.5 {
			t.Errorf("%v is drawn at %.1f, want %.1f", h.Curve[i], points[i].y, y)
		}
	}
	if nines := []float64{c.X[2].At - c.X[1].At, c.X[3].At - c.X[2].At}; math.Abs(nines[0]-nines[1]) > 0.01 {
		t.Errorf("the nines are %v apart, want them equal", nines)
	}
}

func TestDistributionReads(t *testing.T) {
	h := Histogram{Count: 1000, P50: 0.001, Max: 0.5, Curve: []Quantile{{0.5, 0.001}, {0.99, 0.02}, {1, 0.5}}}
	c := distribution("", "", []named{{"gateway", "first", &h}})
	for _, one := range c.Hovers {
		if one.At < -1e-9 || one.At+one.Width > 100+1e-9 {
			t.Errorf("a strip from %v, %v wide", one.At, one.Width)
		}
	}
	if first, last := c.Hovers[0].Text, c.Hovers[len(c.Hovers)-1].Text; !strings.HasSuffix(first, "gateway: 1 ms") || !strings.HasSuffix(last, "gateway: 500 ms") {
		t.Errorf("the curve reads %q to %q", first, last)
	}
}

func TestCurve(t *testing.T) {
	for _, n := range []int64{0, 1, 2, 10, 1000, 1 << 40} {
		var asked []float64
		curve := Curve(n, func(part float64) Seconds { asked = append(asked, part); return Seconds(part) })
		if n == 0 {
			if curve != nil {
				t.Errorf("nothing has a curve: %v", curve)
			}
			continue
		}
		if len(curve) == 0 || len(curve) > 500 || curve[len(curve)-1].At != 1 {
			t.Fatalf("the curve of %d has %d points", n, len(curve))
		}
		if !slices.IsSorted(asked) || asked[0] < 0 {
			t.Errorf("the parts of %d are %v", n, asked)
		}
		if n == 1000 && len(curve) < 60 {
			t.Errorf("three nines have %d points", len(curve))
		}
	}
}
