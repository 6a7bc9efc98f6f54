package stream_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"tidegate/stream"
)

// line is a consumer that writes to a connection, in the goroutine that has
// something new; while the connection is clogged, a goroutine of its own waits.
type line struct {
	r      *stream.Reader
	random *rand.Rand // of whoever is busy
	done   chan stream.End

	mu          sync.Mutex
	busy, again bool
	over        bool

	turn bool // the producer's

	// The following belong to whoever made busy true.
	seq     uint64
	pending int // events taken and not written
	err     error
}

func (l *line) take() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy || l.over {
		l.again = l.busy
		return false
	}
	l.busy = true
	return true
}

func (l *line) rest() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.again {
		l.again = false
		return false
	}
	l.busy = false
	return true
}

func (l *line) event(seq uint64, ev stream.Event) {
	if seq != l.seq+1 || !equal(ev, stressEvent(seq)) {
		l.err = fmt.Errorf("event %d after event %d: %.40q", seq, l.seq, ev.Data)
	}
	l.seq = seq
	l.pending++
}

func (l *line) Offer(seq uint64, ev stream.Event) bool {
	if !l.turn {
		if !l.take() {
			return false
		}
		l.turn = true
	}
	if l.random.IntN(20) == 0 {
		return false
	}
	l.event(seq, ev)
	return true
}

func (l *line) Flush() {
	if l.turn {
		l.turn = false
		l.run(true)
		return
	}
	l.wake()
}

func (l *line) wake() {
	if l.take() {
		l.run(true)
	}
}

// run writes until there is nothing more. inline: the connection may be clogged,
// which another goroutine sits out.
func (l *line) run(inline bool) {
	var ev stream.Event
	for {
		for l.pending < 20 {
			seq, ok := l.r.Next(&ev)
			if !ok {
				break
			}
			l.event(seq, ev)
		}
		if inline && l.random.IntN(30) == 0 {
			go l.run(false)
			return
		}
		if l.pending > 0 {
			l.pending = 0
			l.r.Delivered(time.Now())
			if err := l.r.Ack(l.seq, stream.NoLimit); err != nil {
				l.err = err
			}
			continue
		}
		if end, ok := l.r.End(); ok {
			l.mu.Lock()
			l.over = true
			l.mu.Unlock()
			l.done <- end
			return
		}
		if l.rest() {
			return
		}
	}
}

// Producers pass events to consumers that keep up, now and then do not, and
// may be cancelled at any time: each has what was sent, to the byte.
func TestDirectStress(t *testing.T) {
	pages := stream.NewPages(1024)
	var noted meter
	var all sync.WaitGroup
	for n := range uint64(stressStreams) {
		all.Go(func() { stressDirect(t, n, pages, &noted) })
	}
	all.Wait()
}

func stressDirect(t *testing.T, n uint64, pages *stream.Pages, noted *meter) {
	const limit = 4096
	var breaker stall
	s := stream.New(stream.Config{Pages: pages, Now: time.Now, Stall: &breaker, Meter: noted, Raw: limit})
	l := &line{random: rand.New(rand.NewPCG(n, 2)), done: make(chan stream.End, 1)}
	r, err := s.Attach(0, stream.NoLimit, l.wake)
	if err != nil {
		t.Error(err)
		return
	}
	l.r = r
	r.TakeDirectly(l)
	cancelAt := uint64(stressEvents + 1)
	if n%2 == 0 {
		cancelAt = n*stressEvents/stressStreams + 1
	}

	var others sync.WaitGroup
	cancel := make(chan struct{})
	others.Go(func() {
		if <-cancel; cancelAt <= stressEvents {
			s.End(stream.End{Reason: stream.Cancelled})
		}
	})
	others.Go(func() { // someone who looks on
		for {
			if st := s.Stats(); st.Acked > st.Sent || st.Sent > st.Appended || st.High > pages.Size() || st.Raw > 6000 {
				t.Errorf("%+v", st)
			}
			if _, ended := s.Ended(); ended {
				return
			}
		}
	})
	random := rand.New(rand.NewPCG(n, 3)) // the producer's
	appended := uint64(0)
	for i := uint64(1); i <= stressEvents; i++ {
		if i == cancelAt {
			close(cancel)
		}
		if s.Append(stressEvent(i), time.Now()) != nil {
			break
		}
		appended = i
		if random.IntN(4) == 0 {
			s.Flush()
		}
	}
	s.End(stream.End{Reason: stream.Complete})
	s.Flush()
	end := <-l.done
	if cancelAt > stressEvents {
		close(cancel)
	}
	others.Wait()

	if l.err != nil {
		t.Error(l.err)
	}
	if kept, ok := s.Ended(); !ok || kept != end || end.Reason == stream.Complete && appended != stressEvents {
		t.Errorf("told %v, ended %v %v after %d events", end, kept, ok, appended)
	}
	if st := s.Stats(); l.seq != appended || st.Acked != appended || st.Raw != 0 {
		t.Errorf("%d events read of %d, %+v", l.seq, appended, st)
	}
	if breaker.broken != "" || breaker.full {
		t.Errorf("breaker: full %v, %s", breaker.full, breaker.broken)
	}
	s.Drop()
}
