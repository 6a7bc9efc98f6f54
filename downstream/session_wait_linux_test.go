package downstream

import (
	"bytes"
	"context"
	"runtime"
	"testing"
	"time"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// parked waits until nobody reads from the only connection there is.
func (g *gate) parked() *session {
	g.t.Helper()
	for limit := time.Now().Add(10 * time.Second); time.Now().Before(limit); runtime.Gosched() {
		all := g.s.sessions.drain(sessionsOpen)
		if len(all) != 1 {
			continue
		}
		all[0].mu.Lock()
		parked := all[0].parked
		all[0].mu.Unlock()
		if parked {
			return all[0]
		}
	}
	g.t.Fatal("somebody goes on reading")
	return nil
}

// A connection without a stream has no goroutine, also once it has had one and
// after pongs; whatever its client says is heard all the same.
func TestParked(t *testing.T) {
	o := &opener{script: func(_ context.Context, st *stream.Stream) stream.End {
		_ = st.Append(event(1, 100), time.Now())
		return stream.End{Reason: stream.Complete}
	}}
	g := serve(t, o)
	p := g.join(wire.ProtocolJSON)
	for s := range 3 {
		g.parked()
		p.say("%s", openMessage(s, 10))
		p.want(wire.Opened, uint32(s))
		p.want(wire.Event, uint32(s))
		p.want(wire.End, uint32(s))
		p.say(`{"t":"ack","s":%d,"seq":1,"max":20}`, s)
	}
	for range 3 {
		x := g.parked()
		x.mu.Lock()
		x.unanswered = 1
		x.mu.Unlock()
		p.raw(bytes.Repeat(masked(fin|opPong, []byte("of no ping")), 2))
		for n := 1; n != 0; runtime.Gosched() {
			x.mu.Lock()
			n = x.unanswered
			x.mu.Unlock()
		}
	}
	g.parked()
	p.raw(masked(fin|opPing, []byte("back")))
	p.wantFrame(fin|opPong, []byte("back"))
	p.say(`{"t":"resume","s":9,"stream":"x"}`)
	p.want(wire.Refused, 9)
	g.parked()
	p.raw(masked(fin|opClose, nil))
	p.wantClose(0)
	g.empty()
}

// What a parked connection's end is, from either side.
func TestParkedEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(x *session, p *peer)
	}{
		{"the client closes", func(_ *session, p *peer) { _ = p.conn.Close() }},
		{"the gateway hangs up", func(x *session, p *peer) { x.turn.hangUp() }},
		{"the gateway cuts", func(x *session, p *peer) { x.turn.cut() }},
		{"the gateway says goodbye", func(x *session, p *peer) {
			x.closeWith(wire.CloseKeepAlive, "")
			p.wantClose(wire.CloseKeepAlive)
		}},
		{"a mask is missing", func(_ *session, p *peer) {
			p.raw([]byte{fin | opPong, 0, 0, 0, 0, 0})
			p.wantClose(1002)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := serve(t, &opener{})
			p := g.join(wire.ProtocolBinary)
			x := g.parked()
			c.end(x, p)
			g.empty()
			g.s.gone.mu.Lock()
			defer g.s.gone.mu.Unlock()
			if n := len(g.s.gone.by); n != 0 {
				t.Errorf("%d connections are watched", n)
			}
		})
	}
}
