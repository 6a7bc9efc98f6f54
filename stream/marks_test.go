package stream

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Against a model that remembers when every event came: all events are
// accounted for once, and no latency is reported too short. With few enough
// marks outstanding it is exact.
func TestMarks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m marks
		now := time.Unix(1_700_000_000, 0)
		var came []time.Time
		taken, exact := 0, true
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "ms")) * time.Millisecond)
				came = append(came, now)
				m.add(uint64(len(came)), now)
				different := 1
				for i := taken + 1; i < len(came); i++ {
					if !came[i].Equal(came[i-1]) {
						different++
					}
				}
				if different > maxMarks {
					exact = false
				}
			},
			"take": func(t *rapid.T) {
				seq := rapid.IntRange(0, len(came)).Draw(t, "seq")
				events, since := m.take(uint64(seq))
				if want := max(0, seq-taken); events != want {
					t.Fatalf("take(%d) accounted for %d events, want %d", seq, events, want)
				}
				if events == 0 {
					return
				}
				oldest := came[taken]
				if since.After(oldest) {
					t.Fatalf("reported as received %v too late", since.Sub(oldest))
				}
				if exact && !since.Equal(oldest) {
					t.Fatalf("reported as received %v too early", oldest.Sub(since))
				}
				taken = seq
				if taken == len(came) {
					exact = true
				}
			},
			"": func(t *rapid.T) {
				if m.n > maxMarks {
					t.Fatalf("%d marks", m.n)
				}
			},
		})
	})
}
