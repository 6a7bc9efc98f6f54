package client

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// told is a link that notes what the gateway is told.
type told struct {
	link // nil: nothing else is said
	t    *testing.T
	s    *Stream
	seqs []uint64 // guarded by the stream's mu
}

func (l *told) ack(seq, max uint64) {
	if max != seq+uint64(l.s.c.opt.Window) {
		l.t.Errorf("acknowledged up to %d, granted up to %d", seq, max)
	}
	l.seqs = append(l.seqs, seq)
}

// attached is a stream that was just opened, on a link that notes.
func attached(t *testing.T, window int) (*Stream, *told) {
	s := newStream(&Client{opt: Options{Window: window}}, context.Background())
	l := &told{t: t, s: s}
	s.resumption()
	s.link = l
	return s, l
}

// comes has an event come.
func (l *told) comes(data string) {
	l.t.Helper()
	if err := l.s.receive(Event{Seq: l.s.received + 1, Data: []byte(data)}); err != nil {
		l.t.Fatal(err)
	}
}

// applies has the application take what came, and ask for more.
func (l *told) applies(n int) {
	l.t.Helper()
	for range n {
		ev, err := l.s.next()
		if err != nil {
			l.t.Fatal(err)
		}
		l.s.apply(ev)
	}
}

// all is what was told so far.
func (l *told) all() []uint64 {
	synctest.Wait()
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	return slices.Clone(l.seqs)
}

func (l *told) want(seqs ...uint64) {
	l.t.Helper()
	if got := l.all(); fmt.Sprint(got) != fmt.Sprint(seqs) {
		l.t.Errorf("told %v, want %v", got, seqs)
	}
}

// chunk is an event as they are: it differs from others in one place.
func chunk(n int) string { return fmt.Sprintf(`{"id":"x","delta":"%d","finish_reason":null}`, n) }

// A stream as fast as a model speaks is acknowledged four times a second, each
// time everything.
func TestAcknowledgesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, l := attached(t, 64)
		for n := range 10 * 80 {
			time.Sleep(time.Second / 80)
			l.comes(chunk(n))
			l.applies(1)
		}
		if n := len(l.all()); n < 36 || n > 40 {
			t.Errorf("%d acknowledgements in 10 s", n)
		}
		time.Sleep(ackDelay) // it goes quiet
		if all := l.all(); all[len(all)-1] != 800 {
			t.Errorf("acknowledged of 800: %d", all)
		}
	})
}

// A slow stream's events are acknowledged one by one, as they are applied.
func TestAcknowledgesSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, l := attached(t, 64)
		for n := range uint64(5) {
			time.Sleep(time.Second)
			l.comes(chunk(int(n)))
			l.applies(1)
			l.want([]uint64{1, 2, 3, 4, 5}[:n+1]...)
		}
	})
}

// What an application has applied before it pauses is acknowledged while it
// does: the gateway's whole buffer is there for what comes meanwhile.
func TestAcknowledgesInPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := attached(t, 64)
		for n := range 9 {
			l.comes(chunk(n))
		}
		l.applies(8)
		l.want()
		time.Sleep(ackDelay)
		l.want(8)
		time.Sleep(time.Minute) // once
		l.want(8)
		s.fail(ErrClosed)
	})
}

// Half of the window, and half of the gateway's buffer, don't wait.
func TestAcknowledgesMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := attached(t, 40)
		for n := range 40 {
			l.comes(chunk(n))
		}
		l.applies(39)
		l.want(20)
		l.applies(1)
		l.want(20, 40)

		s.opened("id", 1024)
		l.comes(strings.Repeat("x", 400)) // nothing like the one before
		l.comes(strings.Repeat("y", 100))
		l.applies(2)
		l.want(20, 40)
		l.comes(strings.Repeat("z", 100))
		l.comes(strings.Repeat("z", 99))
		l.applies(2)
		l.want(20, 40, 43)
		s.fail(ErrClosed) // and nothing is told any more
		time.Sleep(time.Minute)
		l.want(20, 40, 43)
	})
}

// A client that grants one event at a time says so at once.
func TestAcknowledgesMiser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, l := attached(t, 1)
		for n := range 3 {
			l.comes(chunk(n))
			l.applies(1)
		}
		l.want(1, 2, 3)
	})
}

// A full buffer waits for everything that was sent: what is applied is told at
// once, and the rest as soon as it is. Then all is as before.
func TestAcknowledgesBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := attached(t, 64)
		for n := range 5 {
			l.comes(chunk(n))
		}
		l.applies(2)
		l.want()
		s.blocked()
		l.want(2)
		l.applies(2)
		l.want(2)
		l.applies(1)
		l.want(2, 5)
		l.comes(chunk(6))
		l.applies(1)
		l.want(2, 5)
		s.blocked()
		l.want(2, 5, 6)
		if err := s.ended(End{Seq: 6}); err != nil {
			t.Fatal(err)
		}
		l.want(2, 5, 6)
	})
}

// Nothing is told while there is no connection, and all of it on the next one.
func TestAcknowledgesReconnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := attached(t, 64)
		for n := range 4 {
			l.comes(chunk(n))
		}
		l.applies(1)
		s.connected(nil)
		time.Sleep(time.Second)
		l.applies(2)
		l.want()
		s.connected(l)
		l.want(3)
		s.fail(ErrClosed)
	})
}

// What is reckoned is at most a little less than what an event takes, and of
// events as they are not much more.
func TestSizer(t *testing.T) {
	var z sizer
	first := chunk(1)
	if n := z.of([]byte(first)); n < len(first) || n > len(first)+8 {
		t.Errorf("the first of %d bytes: %d", len(first), n)
	}
	data := []byte(chunk(20))
	if n := z.of(data); n < 2 || n > 10 {
		t.Errorf("another token: %d", n)
	}
	clear(data) // the application's by now
	if n := z.of([]byte(chunk(21))); n < 1 || n > 9 {
		t.Errorf("after the application has changed it: %d", n)
	}
	if n := z.of([]byte(chunk(21))); n < 1 || n > 8 {
		t.Errorf("the same again: %d", n)
	}
	if n := z.of(nil); n > 8 {
		t.Errorf("nothing: %d", n)
	}
	large := []byte(strings.Repeat("x", usualBuffer+1))
	for range 2 {
		if n := z.of(large); n != len(large) {
			t.Errorf("a large one: %d", n)
		}
	}
}

// Once the stream is over for the application nothing is told any more.
func TestHushed(t *testing.T) {
	for name, over := range map[string]func(*Stream, *told){
		"lost":   func(s *Stream, l *told) { s.lose(ErrLost); l.applies(1) },
		"closed": func(s *Stream, l *told) { _ = s.ended(End{Seq: 3}); l.applies(1); s.fail(ErrClosed) },
	} {
		synctest.Test(t, func(t *testing.T) {
			s, l := attached(t, 64)
			s.over, s.aside = func() {}, func() bool { return true }
			for n := range 3 {
				l.comes(chunk(n))
			}
			over(s, l)
			if s.owing {
				t.Errorf("%s: the timer runs", name)
			}
		})
	}
}
