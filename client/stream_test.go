package client

import (
	"errors"
	"testing"

	"tidegate/downstream/wire"
)

// What comes twice is applied once; what is missing is asked for again.
func TestDuplicatesAndGaps(t *testing.T) {
	g := newGateway(t)
	s, k, n := open(t, g, g.client(t, Options{}))
	r := read(s)
	k.say(t, events(n, 1, 3)...)
	k.say(t, events(n, 2, 4)...)
	r.takes(t, 1, 4)
	k.say(t, events(n, 6, 6)...) // 5 is missing
	m := k.hear(t, wire.Resume)
	if m.S == n || m.Stream != "id" || m.Seq < 3 || m.Seq > 4 || m.Max != m.Seq+64 {
		t.Fatalf("%+v", m)
	}
	k.say(t, events(n, 5, 7)...) // the old number says nothing any more
	k.say(t, opened(m.S, m.Seq))
	k.say(t, events(m.S, m.Seq+1, 6)...)
	r.takes(t, 5, 6)
	k.say(t, ended(m.S, 6))
	if err := r.ends(t); err != nil {
		t.Error(err)
	}
}

// An end that comes too early is a gap, too.
func TestEarlyEnd(t *testing.T) {
	g := newGateway(t)
	s, k, n := open(t, g, g.client(t, Options{}))
	r := read(s)
	k.say(t, events(n, 1, 2)...)
	k.say(t, ended(n, 3))
	m := k.hear(t, wire.Resume)
	k.say(t, opened(m.S, m.Seq))
	k.say(t, events(m.S, m.Seq+1, 3)...)
	k.say(t, ended(m.S, 3))
	r.takes(t, 1, 3)
	if err := r.ends(t); err != nil {
		t.Error(err)
	}
}

// A gateway that sends what was not granted is not believed for ever.
func TestBeyondCredit(t *testing.T) {
	g := newGateway(t)
	s, k, n := open(t, g, g.client(t, Options{Window: 2}))
	for range maxFaults {
		k.say(t, events(n, 1, 3)...)
		n = k.hear(t, wire.Resume).S
		k.say(t, opened(n, 0))
	}
	k.say(t, events(n, 1, 3)...)
	<-s.life.Done() // nothing is applied meanwhile
	r := read(s)
	r.takes(t, 1, 2)
	if err := r.ends(t); !errors.Is(err, ErrProtocol) {
		t.Error(err)
	}
}

// A loop that is left has not applied the event it was left with.
func TestLeaveLoop(t *testing.T) {
	g := newGateway(t)
	s, k, n := open(t, g, g.client(t, Options{}))
	k.say(t, append(events(n, 1, 5), ended(n, 5))...)
	for ev := range s.Events() {
		if ev.Seq == 3 {
			break
		}
	}
	if saved := s.Save(); saved != (Saved{Stream: "id", Seq: 2, Epoch: 1_000_000}) {
		t.Errorf("%+v", saved)
	}
	r := read(s)
	r.takes(t, 3, 5)
	if err := r.ends(t); err != nil {
		t.Error(err)
	}
	if saved := s.Save(); saved.Seq != 5 {
		t.Errorf("%+v", saved)
	}
}

// An end that is not whole is an error, and says why.
func TestEndError(t *testing.T) {
	g := newGateway(t)
	s, k, n := open(t, g, g.client(t, Options{}))
	r := read(s)
	m := ended(n, 1)
	m.Reason, m.Err = "upstream_stalled", []byte(`{"message":"silent","code":"upstream_stalled.silence"}`)
	k.say(t, append(events(n, 1, 1), m)...)
	r.takes(t, 1, 1)
	var end *EndError
	if err := r.ends(t); !errors.As(err, &end) || end.End != (End{Seq: 1, Reason: "upstream_stalled", Code: "upstream_stalled.silence", Message: "silent"}) {
		t.Errorf("%v", err)
	}
}

// A stream that somebody else has taken over, or that is forgotten, says so.
func TestDetached(t *testing.T) {
	for reason, want := range map[string]error{wire.Superseded: ErrSuperseded, wire.Forgotten: ErrForgotten} {
		g := newGateway(t)
		s, k, n := open(t, g, g.client(t, Options{}))
		r := read(s)
		k.say(t, events(n, 1, 1)...)
		r.takes(t, 1, 1)
		k.say(t, wire.Message{T: wire.Detached, S: n, Reason: reason})
		if err := r.ends(t); !errors.Is(err, want) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}
