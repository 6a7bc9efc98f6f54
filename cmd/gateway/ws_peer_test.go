package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
)

// peer is a client of a WebSocket that says just what it is told to, and shows
// everything that comes. It shares no code with package client but the
// decoding of messages and records.
type peer struct {
	*websocket.Conn
	dec   map[uint32]*wire.Decoder
	parts map[uint32][]byte
	ready []item
}

// item is one message, or one event however it came.
type item struct {
	wire.Message
	event  event
	record int // bytes of its record; 0: it came otherwise
	parts  int // how many parts it had, if any
}

// knock dials as a peer of one of the protocols, from the gateway's own
// origin.
func knock(ctx context.Context, url, protocol string, d websocket.Dialer) (*peer, error) {
	d.Subprotocols = []string{protocol}
	conn, resp, err := d.DialContext(ctx, "ws"+url[len("http"):]+"/v1/ws", http.Header{"Origin": {url}})
	if err != nil {
		if resp != nil {
			err = fmt.Errorf("%w: %s", err, resp.Status)
		}
		return nil, err
	}
	_ = conn.SetReadDeadline(time.Now().Add(patient))
	return &peer{Conn: conn, dec: map[uint32]*wire.Decoder{}, parts: map[uint32][]byte{}}, nil
}

func (h *house) knock(t testing.TB, protocol string) *peer {
	t.Helper()
	return h.knockBy(t, protocol, websocket.Dialer{})
}

func (h *house) knockBy(t testing.TB, protocol string, d websocket.Dialer) *peer {
	t.Helper()
	p, err := knock(patience(t), "http://"+h.addr, protocol, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func (p *peer) say(m wire.Message) error {
	return p.WriteMessage(websocket.TextMessage, m.Append(nil))
}

// tell is say for a test that can't go on without.
func (p *peer) tell(t testing.TB, m wire.Message) {
	t.Helper()
	if err := p.say(m); err != nil {
		t.Fatal(err)
	}
}

// next is what comes next.
func (p *peer) next() (item, error) {
	for len(p.ready) == 0 {
		kind, frame, err := p.ReadMessage()
		if err == nil && kind == websocket.TextMessage {
			err = wire.Parse(frame, p.message)
		} else if err == nil {
			err = p.frame(frame)
		}
		if err != nil {
			return item{}, err
		}
	}
	it := p.ready[0]
	p.ready = p.ready[1:]
	return it, nil
}

// expect is next for a test that knows what it is.
func (p *peer) expect(t testing.TB, kind string) item {
	t.Helper()
	it, err := p.next()
	if err != nil {
		t.Fatalf("instead of %s: %v", kind, err)
	}
	if it.T != kind {
		t.Fatalf("%s %d, want %s: %+v", it.T, it.Seq, kind, it.Message)
	}
	return it
}

// opens starts a stream.
func (p *peer) opens(t testing.TB, s uint32, model string, max uint64) item {
	t.Helper()
	p.tell(t, wire.Message{T: wire.Open, S: s, API: "chat.completions", Body: []byte(chat(model)), Max: max})
	it := p.expect(t, wire.Opened)
	if it.S != s || it.Seq != 0 || it.Stream == "" {
		t.Fatalf("opened: %+v", it.Message)
	}
	return it
}

// takes reads events first to last.
func (p *peer) takes(t testing.TB, first, last uint64) (events []item) {
	t.Helper()
	for seq := first; seq <= last; seq++ {
		it := p.expect(t, wire.Event)
		if it.Seq != seq {
			t.Fatalf("event %d, want %d", it.Seq, seq)
		}
		events = append(events, it)
	}
	return events
}

func (p *peer) message(m *wire.Message) error {
	it := item{Message: *m, event: event{m.Event, m.Text}}
	it.Data = bytes.Clone(m.Data)
	switch {
	case m.T == wire.Opened:
		p.dec[m.S], p.parts[m.S] = new(wire.Decoder), nil
	case m.T == wire.Part:
		p.parts[m.S] = append(p.parts[m.S], m.Text...)
	case m.T == wire.Event && m.Parts:
		it.event.Data = string(p.parts[m.S]) + m.Text
		it.parts, p.parts[m.S] = 2, nil
	case m.T == wire.Event && m.Data != nil:
		it.event.Data = string(m.Data)
	}
	p.ready = append(p.ready, it)
	return nil
}

func (p *peer) frame(frame []byte) error {
	kind, s, seq, rest, err := wire.ParseFrame(frame)
	dec := p.dec[s]
	if err != nil {
		return err
	}
	if dec == nil {
		return fmt.Errorf("a frame of stream %d, before it was opened", s)
	}
	m := wire.Message{T: wire.Event, S: s, Seq: seq}
	if kind != wire.FrameRecords {
		p.parts[s] = append(p.parts[s], rest...)
		m.T = wire.Part
		if kind == wire.FramePart {
			p.ready = append(p.ready, item{Message: m})
			return nil
		}
		name, data, err := wire.SplitText(p.parts[s])
		m.T = wire.Event
		p.ready = append(p.ready, item{Message: m, event: event{string(name), string(data)}, parts: 2})
		p.parts[s] = nil
		dec.Reset()
		return err
	}
	if len(rest) == 0 {
		return errors.New("a frame without a record")
	}
	for ; len(rest) > 0; m.Seq++ {
		ev, size, err := dec.Decode(rest)
		if err != nil {
			return err
		}
		p.ready = append(p.ready, item{Message: m, event: event{string(ev.Name), string(ev.Data)}, record: size})
		rest = rest[size:]
	}
	return nil
}
