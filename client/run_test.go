package client

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"tidegate/downstream/wire"
)

// A connection that breaks is made again, and each of its streams resumed
// after what its application has applied.
func TestReconnect(t *testing.T) {
	g := newGateway(t)
	var attempts []int
	s, k, n := open(t, g, g.client(t, Options{Backoff: func(n int) time.Duration { attempts = append(attempts, n); return 0 }}))
	r := read(s)
	k.say(t, events(n, 1, 4)...)
	r.takes(t, 1, 4)
	k.close(wire.CloseKeepAlive)
	k = g.accept(t)
	m := k.hear(t, wire.Resume)
	if m.Seq < 3 || m.Seq > 4 {
		t.Fatalf("%+v", m)
	}
	k.say(t, wire.Message{T: wire.Refused, S: m.S, Status: http.StatusServiceUnavailable, RetryMS: 1})
	m = k.hear(t, wire.Resume)
	k.say(t, opened(m.S, m.Seq))
	k.say(t, events(m.S, m.Seq+1, 5)...)
	k.say(t, ended(m.S, 5))
	r.takes(t, 5, 5)
	if err := r.ends(t); err != nil {
		t.Error(err)
	}
	<-s.left
	if len(attempts) != 2 || attempts[0] != 0 || attempts[1] != 1 {
		t.Errorf("attempts: %v", attempts)
	}
}

// After some codes a client does not come back.
func TestClosedForGood(t *testing.T) {
	g := newGateway(t)
	s, k, n := open(t, g, g.client(t, Options{}))
	r := read(s)
	k.say(t, events(n, 1, 2)...)
	r.takes(t, 1, 2)
	k.close(wire.CloseNotAllowed)
	var closed *ClosedError
	if err := r.ends(t); !errors.As(err, &closed) || *closed != (ClosedError{wire.CloseNotAllowed, "because"}) {
		t.Errorf("%v", err)
	}
}

// A stream that can't be resumed is refused for good, one that can't be
// connected is given up after a while.
func TestGiveUp(t *testing.T) {
	g := newGateway(t)
	s, k, n := open(t, g, g.client(t, Options{}))
	r := read(s)
	k.say(t, events(n, 1, 2)...)
	r.takes(t, 1, 2)
	_ = k.Close()
	k = g.accept(t)
	k.say(t, wire.Message{T: wire.Refused, S: k.hear(t, wire.Resume).S, Status: http.StatusGone, Err: []byte(`{"code":"position_gone"}`)})
	var refusal *RefusedError
	if err := r.ends(t); !errors.As(err, &refusal) || refusal.Status != http.StatusGone || refusal.Code != "position_gone" {
		t.Errorf("%v", err)
	}

	s, k, _ = open(t, g, g.client(t, Options{GiveUp: time.Millisecond}))
	g.refuse.Store(http.StatusServiceUnavailable)
	_ = k.Close()
	if err := read(s).ends(t); !errors.Is(err, ErrLost) || !errors.As(err, &refusal) || refusal.Code != "not_now" {
		t.Errorf("%v", err)
	}
}

// A call is sent once: when its answer is lost, that is what the application
// is told.
func TestOpenLost(t *testing.T) {
	g := newGateway(t)
	c := g.client(t, Options{})
	failed := make(chan error)
	go func() {
		_, err := c.Open(context.Background(), "api", []byte(`{}`))
		failed <- err
	}()
	k := g.accept(t)
	k.hear(t, wire.Open)
	_ = k.Close()
	if err := <-failed; !errors.Is(err, ErrLost) {
		t.Error(err)
	}
	if len(g.conns) != 0 {
		t.Error("the client tries again by itself")
	}
	if _, err := c.Open(context.Background(), "api", []byte(`{`)); err == nil {
		t.Error("a body that is no JSON is accepted")
	}
}

// A gateway that goes away keeps the streams it has; new ones go to another
// connection.
func TestDraining(t *testing.T) {
	g := newGateway(t)
	c := g.client(t, Options{})
	s, k, n := open(t, g, c)
	r := read(s)
	k.say(t, wire.Message{T: wire.Draining, ReconnMS: 1})
	k.say(t, events(n, 1, 1)...)
	r.takes(t, 1, 1) // so draining was heard
	other, k2, n2 := open(t, g, c)
	k.say(t, append(events(n, 2, 2), ended(n, 2))...)
	r.takes(t, 2, 2)
	if err := r.ends(t); err != nil {
		t.Error(err)
	}
	k2.say(t, ended(n2, 0))
	if err := read(other).ends(t); err != nil {
		t.Error(err)
	}
}

// Close lets go of everything, and no call is cancelled by it.
func TestClose(t *testing.T) {
	g := newGateway(t)
	c := g.client(t, Options{})
	s, k, n := open(t, g, c)
	r := read(s)
	k.say(t, events(n, 1, 1)...)
	r.takes(t, 1, 1)
	c.Close()
	if err := r.ends(t); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if _, _, err := k.ReadMessage(); err == nil {
		t.Error("the gateway heard something before the goodbye")
	}
	if _, err := c.Open(context.Background(), "api", []byte(`{}`)); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	c.Close()
}

// A stream by itself lets go of its connection, so that the gateway knows;
// with others on it, it stays.
func TestCloseStream(t *testing.T) {
	g := newGateway(t)
	c := g.client(t, Options{})
	s, k, _ := open(t, g, c)
	s.Close()
	if _, _, err := k.ReadMessage(); err == nil {
		t.Error("the gateway heard something before the connection's end")
	}
	if err := read(s).ends(t); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// The context cancels the call, and lets what is left of it go by.
func TestContext(t *testing.T) {
	g := newGateway(t)
	c := g.client(t, Options{})
	s, k, n := open(t, g, c)
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	done := make(chan *Stream)
	go func() {
		s, _ := c.Open(ctx, "api", []byte(`{}`))
		done <- s
	}()
	m := k.hear(t, wire.Open)
	k.say(t, opened(m.S, 0))
	second := <-done
	cancel(why)
	if err := read(second).ends(t); !errors.Is(err, why) {
		t.Error(err)
	}
	if stop := k.hear(t, wire.Cancel); stop.S != m.S {
		t.Errorf("%+v", stop)
	}
	if ack := k.hear(t, wire.Ack); ack.S != m.S || ack.Max < 1<<40 {
		t.Errorf("%+v", ack)
	}
	k.say(t, events(m.S, 1, 100)...)
	k.say(t, ended(m.S, 100))
	k.say(t, events(n, 1, 1)...)
	r := read(s)
	r.takes(t, 1, 1) // the other one is not touched
	k.say(t, ended(n, 1))
	if err := r.ends(t); err != nil {
		t.Error(err)
	}
}

// A stream that takes its place on a connection while the last other one
// leaves keeps it, or gets none: it is not closed with the other.
func TestLastLeaves(t *testing.T) {
	g := newGateway(t)
	for range 100 {
		c := g.client(t, Options{})
		s, _, _ := open(t, g, c)
		c.mu.Lock()
		k := c.socket
		c.mu.Unlock()
		var both sync.WaitGroup
		both.Go(s.Close)
		var l *lane
		var err error
		both.Go(func() { l, err = k.add(s) })
		both.Wait()
		<-s.left
		if err != nil {
			if !errors.Is(err, errLeaving) {
				t.Fatal(err)
			}
			continue
		}
		select {
		case <-l.gone:
			t.Fatalf("seated, and closed with the other: %v", l.why)
		default:
		}
	}
}

// An application that resumes wins over whoever has had the stream since it was
// saved; a connection that is made again by itself does not.
func TestEpoch(t *testing.T) {
	g := newGateway(t)
	c := g.client(t, Options{})
	s, err := c.Resume(patience(t), Saved{Stream: "id", Seq: 3, Epoch: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	r := read(s)
	k := g.accept(t)
	m := k.hear(t, wire.Resume)
	if m.Epoch != 1_000_001 {
		t.Errorf("%+v", m)
	}
	late := wire.Message{T: wire.Refused, S: m.S, Status: http.StatusConflict, Err: []byte(`{"code":"superseded","epoch":3000007}`)}
	k.say(t, late)
	if m = k.hear(t, wire.Resume); m.Epoch != 4_000_001 || m.Seq != 3 {
		t.Errorf("%+v", m)
	}
	k.say(t, opened(m.S, 3))
	if saved := s.Save(); saved.Epoch != 5_000_000 {
		t.Errorf("%+v", saved)
	}
	_ = k.Close()
	k = g.accept(t)
	if m = k.hear(t, wire.Resume); m.Epoch != 4_000_002 {
		t.Errorf("%+v", m)
	}
	late.S = m.S
	k.say(t, late)
	if err := r.ends(t); !errors.Is(err, ErrSuperseded) {
		t.Errorf("%v", err)
	}
}

// The gateway holds what was not acknowledged until a stream is forgotten, so
// it is told of the last events, too.
func TestLastAcknowledgement(t *testing.T) {
	g := newGateway(t)
	s, k, n := open(t, g, g.client(t, Options{}))
	r := read(s)
	k.say(t, append(events(n, 1, 3), ended(n, 3))...)
	r.takes(t, 1, 3)
	if err := r.ends(t); err != nil {
		t.Error(err)
	}
	for seq := uint64(0); seq < 3; {
		seq = k.hear(t, wire.Ack).Seq
	}
}
