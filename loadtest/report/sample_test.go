package report

import "testing"

func TestAddIsBounded(t *testing.T) {
	for _, seconds := range []int{10, MaxSamples, MaxSamples + 1, 5000, 100_000} {
		var r Run
		var peakAt int
		for s := range seconds {
			fullest := int64(10)
			if s == seconds/2 {
				fullest, peakAt = 4096, s
			}
			r.Add(Sample{At: Seconds(s), Started: int64(s), BufferMax: &fullest})
		}
		if n := len(r.Samples); n > MaxSamples || seconds >= MaxSamples && n < MaxSamples/2 || seconds < MaxSamples && n != seconds {
			t.Fatalf("%d of %d samples are kept", n, seconds)
		}
		step := Seconds(seconds) / Seconds(len(r.Samples))
		peak := false
		for i, s := range r.Samples {
			if s.Started != int64(s.At) {
				t.Fatalf("sample %d is of two moments: %+v", i, s)
			}
			if i > 0 && (s.At <= r.Samples[i-1].At || s.At-r.Samples[i-1].At > 4*step) {
				t.Fatalf("of %d samples, %v follows %v", seconds, s.At, r.Samples[i-1].At)
			}
			if *s.BufferMax == 4096 {
				peak = true
				if d := Seconds(peakAt) - s.At; d < 0 || d > 4*step {
					t.Errorf("the peak of second %d is shown at %v", peakAt, s.At)
				}
			}
		}
		if !peak {
			t.Errorf("of %d samples the one with the peak was dropped with its peak", seconds)
		}
		if last := r.Samples[len(r.Samples)-1].At; Seconds(seconds)-last > 4*step {
			t.Errorf("the last of %d samples is of %v", seconds, last)
		}
	}
}

// TestAddTakesJitter: ticks that come a little early are samples still.
func TestAddTakesJitter(t *testing.T) {
	var r Run
	for s := range 100 {
		at := Seconds(s)
		if s%2 == 1 {
			at -= 0.1
		}
		r.Add(Sample{At: at})
	}
	if len(r.Samples) != 100 {
		t.Errorf("%d samples of 100 are kept", len(r.Samples))
	}
}
