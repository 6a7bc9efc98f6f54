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

// A client that acknowledges every 20 events of a paced stream, while three are
// on their way, is not told to be slower than it is by more than a few tokens.
func TestMarksOfAPacedStream(t *testing.T) {
	const pace = 12500 * time.Microsecond
	var m marks
	began := time.Unix(1_700_000_000, 0)
	received := func(seq uint64) time.Time { return began.Add(time.Duration(seq) * pace) }
	for seq := uint64(1); seq <= 2000; seq++ {
		m.add(seq, received(seq))
		if seq%20 != 0 {
			continue
		}
		oldest := m.taken + 1
		if _, since := m.take(seq - 3); received(oldest).Sub(since) > 3*pace {
			t.Fatalf("event %d is said to have come %v too early", oldest, received(oldest).Sub(since))
		}
	}
}
