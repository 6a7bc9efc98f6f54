package stream_test

import (
	"testing"
	"testing/synctest"
	"time"

	"tidegate/stream"
)

// However well events are encoded, no more of them is taken than Raw says, and
// the producer goes on at half of it.
func TestRawHysteresis(t *testing.T) {
	size := len(textOf(text(10)))
	for _, resumable := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := stream.New(stream.Config{
				Pages: stream.NewPages(4096), Now: time.Now, Resumable: resumable, Raw: 10 * size,
			})
			r := attach(t, s, 0, stream.NoLimit)
			var events []stream.Event
			for i := range 20 {
				events = append(events, text(10+i))
			}
			result := produce(s, events...)
			var ev stream.Event
			for seq := uint64(1); seq <= 20; seq++ {
				synctest.Wait()
				appended := min(20, 10+5*((seq-1)/5)) // five more whenever half is gone
				st := s.Stats()
				if st.Appended != appended || st.Full != (appended < 20) || st.Raw != int(st.Lag())*size {
					t.Fatalf("before event %d: %+v, want %d appended", seq, st, appended)
				}
				if got, ok := r.Next(&ev); !ok || got != seq {
					t.Fatalf("event %d %v", got, ok)
				}
				ack(t, r, seq)
			}
			if err := <-result; err != nil {
				t.Fatal(err)
			}
			if st := s.Stats(); st.Raw != 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// One event may be larger than Raw; it is alone then.
func TestRawOneAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stream.New(stream.Config{Pages: stream.NewPages(4096), Now: time.Now, Raw: 500})
		r := attach(t, s, 0, stream.NoLimit)
		result := produce(s, text(1), numbered(2, 1000), text(3))
		for seq := uint64(1); seq <= 3; seq++ {
			synctest.Wait()
			if st := s.Stats(); st.Appended != seq || st.Full != (seq < 3) {
				t.Fatalf("%+v, want %d events", st, seq)
			}
			take(t, r, seq-1)
			ack(t, r, seq)
		}
		if err := <-result; err != nil {
			t.Fatal(err)
		}
	})
}

// What is handed out a second time, after a resume, is counted once.
func TestRawResume(t *testing.T) {
	size := len(textOf(text(10)))
	s := open(4096, true)
	r := attach(t, s, 0, stream.NoLimit)
	appendAll(t, s, text(10), text(11), text(12))
	take(t, r, 0)
	ack(t, r, 1)
	for range 3 {
		r = attach(t, s, 1, stream.NoLimit)
		if st := s.Stats(); st.Raw != 2*size {
			t.Fatalf("resumed: %+v, want %d raw bytes", st, 2*size)
		}
		take(t, r, 1)
	}
	ack(t, r, 2)
	if st := s.Stats(); st.Raw != size {
		t.Fatalf("%+v, want %d raw bytes", st, size)
	}
	ack(t, r, 3)
	if st := s.Stats(); st.Raw != 0 {
		t.Fatalf("%+v", st)
	}
}
