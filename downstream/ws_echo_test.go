package downstream

import (
	"io"
	"net/http"
	"testing"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
)

// echoing is a gate on which every path is a WebSocket that echoes: the
// gateway's own connections, sessions and closing handshakes, without its
// protocol. It trusts its client to read. It has to be started.
func echoing(t testing.TB, change ...func(*Options)) *gate {
	t.Helper()
	g := newGate(t, &opener{}, change...)
	g.s.routes["/"] = route{methods: http.MethodGet, handle: func(w http.ResponseWriter, r *http.Request) {
		x, err := g.s.upgrade(w, r, "")
		if err != nil {
			return
		}
		x.echo = func(kind int, r io.Reader) error { return echo(x, kind, r) }
		g.s.begin(x)
	}}
	return g
}

// echo reads a message as the gateway does, and writes it back.
func echo(x *session, kind int, r io.Reader) error {
	x.readWithin(x.srv.opt.BodyTimeout)
	p, release, err := x.readAll(r, nil)
	if err != nil {
		return err
	}
	defer release()
	x.readWithin(0)
	if kind == websocket.TextMessage && !utf8.Valid(p) {
		return &violation{wire.CloseNotUTF8, "a text message that is not UTF-8"}
	}
	_ = x.ws.WriteMessage(kind, p)
	x.turn.wake()
	return nil
}

// shout opens a WebSocket that echoes.
func (g *gate) shout() *peer {
	g.t.Helper()
	conn := g.dial()
	resp, r := knockAt(g.t, conn, "/")
	if resp.StatusCode != http.StatusSwitchingProtocols {
		g.t.Fatal(resp.Status)
	}
	return &peer{t: g.t, conn: conn, r: r}
}
