package loadtest

import (
	"testing"
	"time"
)

func TestSchedule(t *testing.T) {
	even := schedule{rate: 10}
	for n, want := range map[int]time.Duration{0: 0, 1: 100 * time.Millisecond, 25: 2500 * time.Millisecond} {
		if got := even.due(n); got != want {
			t.Errorf("stream %d begins at %v, not %v", n, got, want)
		}
	}
	// Over a ramp of 10 s half as many begin, and ever faster; then one each
	// tenth of a second.
	rising := schedule{rate: 10, ramp: 10 * time.Second}
	if got := rising.due(50); got.Round(time.Millisecond) != 10*time.Second {
		t.Errorf("the ramp is over at %v", got)
	}
	if got := rising.due(60) - rising.due(50); got.Round(time.Millisecond) != time.Second {
		t.Errorf("10 streams after the ramp take %v", got)
	}
	last, gap := time.Duration(-1), time.Hour
	for n := range 50 {
		due := rising.due(n)
		if n > 1 && (due <= last || due-last > gap) {
			t.Errorf("stream %d begins at %v, after %v", n, due, last)
		}
		if n > 0 {
			gap = due - last
		}
		last = due
	}
}
