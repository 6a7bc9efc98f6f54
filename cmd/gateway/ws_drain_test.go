package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
	"tidegate/internal/config"
)

// goodbye reads to the connection's end, which has to be clean.
func (p *peer) goodbye(t testing.TB, code int) {
	t.Helper()
	it, err := p.next()
	var closed *websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != code {
		t.Errorf("instead of a goodbye with code %d: %v %+v", code, err, it.Message)
	}
}

// A gateway that drains takes no new streams, lets those there are finish and
// be resumed, and says goodbye when they have.
func TestDrainStreams(t *testing.T) {
	h := start(t, setup{config: func(c *config.Config) { c.Drain = time.Minute }})
	p := h.knock(t, wire.ProtocolBinary)
	id := p.opens(t, 1, "m?tokens=30", 3).Stream
	p.takes(t, 1, 3)
	lost := h.knock(t, wire.ProtocolBinary)
	other := lost.opens(t, 1, "m?tokens=30", 0).Stream
	_ = lost.Close()
	h.over(t, id)
	h.over(t, other)

	cut := make(chan int)
	go func() { cut <- h.stop() }()
	if d := p.expect(t, wire.Draining); d.ReconnMS <= 0 {
		t.Errorf("%+v", d.Message)
	}
	p.tell(t, wire.Message{T: wire.Open, S: 2, API: "chat.completions", Body: []byte(chat("m"))})
	if r := p.expect(t, wire.Refused); r.S != 2 || r.Status != 503 || r.RetryMS <= 0 {
		t.Errorf("%+v", r.Message)
	}
	late := h.knock(t, wire.ProtocolJSON)
	late.expect(t, wire.Draining)
	late.tell(t, wire.Message{T: wire.Resume, S: 1, Stream: other, Max: plenty})
	late.expect(t, wire.Opened)
	late.takes(t, 1, h.over(t, other))
	if end := late.expect(t, wire.End); end.Reason != "complete" {
		t.Errorf("%+v", end.Message)
	}

	all := h.over(t, id)
	p.tell(t, wire.Message{T: wire.Ack, S: 1, Seq: 3, Max: plenty})
	p.takes(t, 4, all)
	if end := p.expect(t, wire.End); end.Reason != "complete" {
		t.Errorf("%+v", end.Message)
	}
	p.goodbye(t, wire.CloseDraining)
	late.goodbye(t, wire.CloseDraining)
	if n := <-cut; n != 0 {
		t.Errorf("%d calls were cut", n)
	}
}

// At the deadline what is left ends with the reason shutdown, said before the
// goodbye.
func TestDrainDeadlineStreams(t *testing.T) {
	h := start(t, setup{})
	p := h.knock(t, wire.ProtocolBinary)
	p.opens(t, 1, "m?stall=forever&stall_at=3", plenty)
	p.takes(t, 1, 3)
	starved := h.knock(t, wire.ProtocolBinary)
	starved.opens(t, 1, "m?stall=forever&stall_at=3", 1)
	starved.takes(t, 1, 1)
	feed := h.stream(t, h.post201(t, "m?stall=forever&stall_at=3", plenty).Events)
	feed.takes(t, 3)
	if n := h.stop(); n != 3 {
		t.Errorf("%d calls were cut, want 3", n)
	}
	for _, p := range []*peer{p, starved} {
		p.expect(t, wire.Draining)
	}
	if end := p.expect(t, wire.End); end.Reason != "shutdown" || end.Seq != 3 {
		t.Errorf("%+v", end.Message)
	}
	p.goodbye(t, wire.CloseDraining)
	starved.goodbye(t, wire.CloseDraining)
	if end := feed.takes(t, 1)[0]; end.Type != "tidegate.end" || !strings.Contains(end.Data, `"reason":"shutdown"`) {
		t.Errorf("%+v", end)
	}
}
