package report

// Add appends a sample, later than those before, and keeps at most
// [MaxSamples]: when they are full every second one goes, and from then on only
// half as many are taken. What goes leaves its highest values in the one
// before, so that no peak is lost.
func (r *Run) Add(s Sample) {
	if n := len(r.Samples); n >= 2 {
		// How far apart samples have to be by now. Ticks jitter, so that a
		// little less will do.
		last := &r.Samples[n-1]
		gap := (last.At - r.Samples[0].At) / Seconds(n-1)
		if s.At-last.At < gap*3/4 {
			last.absorb(s)
			return
		}
	}
	if len(r.Samples) >= MaxSamples {
		half := r.Samples[:0]
		for i, kept := range r.Samples {
			if i%2 == 0 {
				half = append(half, kept)
				continue
			}
			half[len(half)-1].absorb(kept)
		}
		r.Samples = half
	}
	r.Samples = append(r.Samples, s)
}

// absorb takes the highest of both. Sums so far and states stay: they are the
// moment's.
func (s *Sample) absorb(gone Sample) {
	s.AddedP99 = max(s.AddedP99, gone.AddedP99)
	s.Buffered = higher(s.Buffered, gone.Buffered)
	s.BufferMax = higher(s.BufferMax, gone.BufferMax)
	s.Memory = higher(s.Memory, gone.Memory)
	s.Goroutines = higher(s.Goroutines, gone.Goroutines)
	s.Files = higher(s.Files, gone.Files)
}

func higher(a, b *int64) *int64 {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}
