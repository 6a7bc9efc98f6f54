package report

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestAxes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		highest := math.Pow(10, rapid.Float64Range(-9, 13).Draw(t, "highest"))
		for _, base := range []float64{2, 10} {
			a, ticks := upTo(highest, base, figure)
			if a.high < highest*(1-1e-9) || a.high > highest*2.01 {
				t.Fatalf("base %v: the axis ends at %v for %v", base, a.high, highest)
			}
			onAxis(t, ticks, 3, 6)
		}
		low := highest / math.Pow(10, rapid.Float64Range(0, 8).Draw(t, "decades"))
		a, ticks := decades(low, highest, figure)
		if a.low > low*(1+1e-6) || a.high < highest*(1-1e-6) {
			t.Fatalf("the axis goes from %v to %v, for %v to %v", a.low, a.high, low, highest)
		}
		onAxis(t, ticks, 2, 11)

		end := rapid.Float64Range(0, 36_000).Draw(t, "end")
		_, ticks = overTime(Seconds(end))
		onAxis(t, ticks, 2, 21)
	})
}

// onAxis fails unless ticks are on their axis, apart, and of a number that can
// be read.
func onAxis(t *rapid.T, ticks []tick, least, most int) {
	t.Helper()
	if len(ticks) < least || len(ticks) > most {
		t.Fatalf("%d ticks: %v", len(ticks), ticks)
	}
	for i, one := range ticks {
		if one.At < 0 || one.At > 100 || math.IsNaN(one.At) {
			t.Fatalf("a tick at %v", one)
		}
		if i > 0 && math.Abs(one.At-ticks[i-1].At) < 4 {
			t.Fatalf("two ticks at %v and %v", ticks[i-1], one)
		}
	}
}

func TestPathStaysOnThePlot(t *testing.T) {
	points := []place{{-5, 20}, {math.NaN(), math.Inf(1)}, {500.04, 499.96}, {2000, -3}}
	want := "M0 20L0 1000L500 500L1000 0"
	if got := path(points); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPathLeavesOutWhatCannotBeSeen(t *testing.T) {
	var points []place
	for i := range 10_001 {
		points = append(points, place{float64(i) / 10, 500})
	}
	got := drawn(t, path(points))
	if len(got) > 4000 {
		t.Errorf("%d points for a plot of a thousand", len(got))
	}
	if got[0].x != 0 || got[len(got)-1].x != 1000 {
		t.Errorf("the line goes from %v to %v", got[0], got[len(got)-1])
	}
}
