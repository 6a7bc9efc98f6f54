package stream_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"tidegate/stream"
)

const (
	stressStreams = 8
	stressEvents  = 3000
)

// stressEvent is event i: mostly alike, now and then larger than the buffer.
func stressEvent(i uint64) stream.Event {
	switch {
	case i%199 == 0:
		return numbered(int(i), 6000)
	case i%50 == 0:
		return numbered(int(i), 300)
	}
	return text(int(i))
}

// consumer is an application that loses its connection again and again, and
// acknowledges from another goroutine.
type consumer struct {
	s       *stream.Stream
	random  *rand.Rand
	wake    chan struct{}
	acks    chan acknowledgement
	applied uint64
}

type acknowledgement struct {
	r        *stream.Reader
	seq, max uint64
}

func (c *consumer) woken() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// acknowledge passes acknowledgements on, as a connection's reading side does.
func (c *consumer) acknowledge(t *testing.T) {
	for a := range c.acks {
		if err := a.r.Ack(a.seq, a.max); err != nil && !errors.Is(err, stream.ErrSuperseded) {
			t.Errorf("acknowledge %d: %v", a.seq, err)
		}
		c.woken() // there may be credit now
	}
}

// consume reads until the stream's end, and gives it.
func (c *consumer) consume() (stream.End, error) {
	var ev stream.Event
	var old *stream.Reader
	for {
		max := c.applied + 1 + c.random.Uint64N(100)
		r, err := c.s.Attach(c.applied, max, c.woken)
		if err != nil {
			return stream.End{}, fmt.Errorf("attach at %d: %w", c.applied, err)
		}
		if old != nil {
			if seq, ok := old.Next(&ev); ok {
				return stream.End{}, fmt.Errorf("event %d for a reader that was superseded", seq)
			}
		}
		acked := c.applied
		for left := c.random.IntN(400); left > 0; {
			seq, ok := r.Next(&ev)
			if !ok {
				if end, ok := r.End(); ok {
					return end, nil
				}
				if acked < c.applied { // idle: the buffer may be full of what was applied
					acked = c.applied
					c.acks <- acknowledgement{r, acked, max}
				}
				<-c.wake
				continue
			}
			left--
			if seq != c.applied+1 || seq > max {
				return stream.End{}, fmt.Errorf("event %d after %d, max %d", seq, c.applied, max)
			}
			if !equal(ev, stressEvent(seq)) {
				return stream.End{}, fmt.Errorf("event %d: %q", seq, ev.Data)
			}
			c.applied = seq
			if seq == max || c.random.IntN(20) == 0 {
				max = seq + 1 + c.random.Uint64N(100)
				acked = seq
				c.acks <- acknowledgement{r, seq, max}
			}
			if c.random.IntN(10) == 0 {
				r.Delivered(time.Now())
			}
		}
		if c.random.IntN(2) == 0 {
			r.Detach()
		}
		old = r
	}
}

// Many streams share their pages. Their consumers come and go, some are
// cancelled, and each application has what its provider sent, to the byte.
func TestStress(t *testing.T) {
	pages := stream.NewPages(1024)
	var noted meter
	var all sync.WaitGroup
	for n := range uint64(stressStreams) {
		all.Go(func() { stress(t, n, pages, &noted) })
	}
	all.Wait()
}

func stress(t *testing.T, n uint64, pages *stream.Pages, noted *meter) {
	var breaker stall
	s := stream.New(stream.Config{
		Pages: pages, Now: time.Now, Resumable: true, Stall: &breaker, Meter: noted,
	})
	c := &consumer{
		s: s, random: rand.New(rand.NewPCG(n, 1)),
		wake: make(chan struct{}, 1), acks: make(chan acknowledgement, 8),
	}
	cancelAt := uint64(stressEvents + 1)
	if n%2 == 0 {
		cancelAt = n*stressEvents/stressStreams + 1
	}

	var others sync.WaitGroup
	others.Go(func() { c.acknowledge(t) })
	cancel, done := make(chan struct{}), make(chan struct{})
	others.Go(func() { // someone else who says stop
		select {
		case <-cancel:
			s.End(stream.End{Reason: stream.Cancelled})
		case <-done:
		}
	})
	others.Go(func() { // someone who looks on
		for {
			if st := s.Stats(); st.Acked > st.Sent || st.Sent > st.Appended || st.High > pages.Size() {
				t.Errorf("%+v", st)
			}
			if _, ended := s.Ended(); ended {
				return
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	var appended uint64
	others.Go(func() {
		for i := uint64(1); i <= stressEvents; i++ {
			if i == cancelAt {
				close(cancel)
			}
			if err := s.Append(stressEvent(i), time.Now()); err != nil {
				return
			}
			appended = i
			if i%3 == 0 {
				s.Flush()
			}
		}
		s.End(stream.End{Reason: stream.Complete})
	})

	end, err := c.consume()
	if err != nil {
		t.Error(err)
		s.End(stream.End{Reason: stream.Cancelled})
	}
	close(c.acks)
	close(done)
	others.Wait()

	if kept, ok := s.Ended(); !ok || err == nil && kept != end {
		t.Errorf("reader was told %v, stream ended %v %v", end, kept, ok)
	}
	if end.Reason == stream.Complete && appended != stressEvents {
		t.Errorf("complete after %d events", appended)
	}
	if err == nil && c.applied != appended {
		t.Errorf("%d events applied of %d", c.applied, appended)
	}
	if breaker.broken != "" || breaker.full {
		t.Errorf("breaker: full %v, %s", breaker.full, breaker.broken)
	}
	s.Drop()
	if s.HoldsPage() {
		t.Error("page not returned")
	}
}
