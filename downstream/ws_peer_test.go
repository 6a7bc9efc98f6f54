package downstream

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidegate/downstream/wire"
	"tidegate/internal/auth"
	"tidegate/stream"
)

// gate is a server on a real socket.
type gate struct {
	t       testing.TB
	s       *Server
	addr    string
	reports *reports
}

// serve starts a server, which is stopped at the end of the test. It serves
// one connection at a time unless change says otherwise: the next one is
// answered only when the one before has left nothing behind.
func serve(t testing.TB, o *opener, change ...func(*Options)) *gate {
	t.Helper()
	g := newGate(t, o, change...)
	g.start("127.0.0.1:0")
	return g
}

// newGate makes what serve starts.
func newGate(t testing.TB, o *opener, change ...func(*Options)) *gate {
	t.Helper()
	g := &gate{t: t, reports: &reports{}}
	opt := Options{
		Opener: o, Keys: auth.Open(), Registry: stream.NewRegistry(10), Pages: stream.NewPages(4096),
		Observer: g.reports, Log: slog.New(slog.DiscardHandler), KeepAlive: keepAlive, Retain: time.Minute, Retained: 4, PerConn: 8,
		HeaderTimeout: 10 * time.Second, BodyTimeout: time.Minute, IdleTimeout: time.Hour,
		MaxHeader: 32 << 10, MaxBody: 1 << 20, MaxBodies: 1 << 24, MaxConns: 1,
	}
	for _, f := range change {
		f(&opt)
	}
	var err error
	if g.s, err = New(opt); err != nil {
		t.Fatal(err)
	}
	return g
}

// start serves at an address until the end of the test.
func (g *gate) start(addr string) {
	t := g.t
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	g.addr = l.Addr().String()
	served := make(chan error)
	go func() { served <- g.s.Serve(l) }()
	t.Cleanup(func() {
		now, cancel := context.WithCancel(context.Background())
		cancel()
		g.s.Shutdown(now)
		if err := <-served; err != nil {
			t.Error(err)
		}
		if all, _ := g.s.lives.len(); all != 0 || g.s.BodiesHeld() != 0 {
			t.Errorf("%d streams and %d bytes of requests are left", all, g.s.BodiesHeld())
		}
	})
}

// empty says that no connection is left: another one is served.
func (g *gate) empty() {
	g.t.Helper()
	conn := g.dial()
	fmt.Fprint(conn, "GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if got, err := io.ReadAll(conn); err != nil || !bytes.HasPrefix(got, []byte("HTTP/1.1 ")) {
		g.t.Errorf("%q %v", got, err)
	}
	if n := len(g.s.sessions.drain(sessionsOpen)); n != 0 {
		g.t.Errorf("%d sessions are left", n)
	}
}

func (g *gate) dial() net.Conn {
	g.t.Helper()
	conn, err := net.Dial("tcp", g.addr)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// join opens a WebSocket with a protocol, from the gateway's own page.
func (g *gate) join(protocol string) *peer {
	g.t.Helper()
	return join(g.t, g.dial(), protocol)
}

// peer is a WebSocket client (RFC 6455) that writes each frame by hand.
type peer struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
	told []wire.Message // read, not looked at
}

func join(t testing.TB, conn net.Conn, protocol string) *peer {
	t.Helper()
	return joinWith(t, conn, protocol, "Origin: http://127.0.0.1")
}

// joinWith is join with another proof than the own page's Origin.
func (g *gate) joinWith(protocol, proof string) *peer {
	g.t.Helper()
	return joinWith(g.t, g.dial(), protocol, proof)
}

func joinWith(t testing.TB, conn net.Conn, protocol, proof string) *peer {
	t.Helper()
	resp, r := knock(t, conn, proof, "Sec-WebSocket-Protocol: "+protocol)
	if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Sec-Websocket-Protocol") != protocol {
		t.Fatal(resp.Status, resp.Header)
	}
	return &peer{t: t, conn: conn, r: r}
}

// knock sends a handshake with more headers and returns the answer.
func knock(t testing.TB, conn net.Conn, header ...string) (*http.Response, *bufio.Reader) {
	t.Helper()
	return knockAt(t, conn, "/v1/ws", header...)
}

func knockAt(t testing.TB, conn net.Conn, path string, header ...string) (*http.Response, *bufio.Reader) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n")
	for _, h := range header {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("\r\n")
	if _, err := conn.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp, r
}

func (p *peer) raw(b []byte) {
	p.t.Helper()
	if _, err := p.conn.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

// say sends a message.
func (p *peer) say(format string, args ...any) {
	p.t.Helper()
	p.raw(masked(fin|opText, fmt.Appendf(nil, format, args...)))
}

// hear returns the next message. Pings are answered.
func (p *peer) hear() wire.Message {
	p.t.Helper()
	for len(p.told) == 0 {
		first, payload, err := p.frame()
		switch {
		case err != nil:
			p.t.Fatal(err)
		case first == fin|opPing:
			p.raw(masked(fin|opPong, payload))
		case first == fin|opText:
			err = wire.Parse(payload, func(m *wire.Message) error {
				p.told = append(p.told, *m)
				return nil
			})
			if err != nil {
				p.t.Fatalf("%v: %s", err, payload)
			}
		default:
			p.t.Fatalf("frame %x %q, want a message", first, payload)
		}
	}
	m := p.told[0]
	p.told = slices.Delete(p.told, 0, 1)
	return m
}

// want is hear of a message of one type, about one stream.
func (p *peer) want(t string, s uint32) wire.Message {
	p.t.Helper()
	m := p.hear()
	if m.T != t || m.S != s {
		p.t.Fatalf("%+v, want %s of %d", m, t, s)
	}
	return m
}

// wantFrame reads a frame and compares it.
func (p *peer) wantFrame(first byte, payload []byte) {
	p.t.Helper()
	got, text, err := p.frame()
	if err != nil || got != first || !bytes.Equal(text, payload) {
		p.t.Fatalf("%x %q %v, want %x %q", got, text, err, first, payload)
	}
}

// wantClose reads a close frame with a code, and the connection's end, which
// must not be a reset. It returns the reason.
func (p *peer) wantClose(code int) (reason string) {
	p.t.Helper()
	first, payload, err := p.frame()
	if err != nil || first != fin|opClose {
		p.t.Fatalf("frame %x %q %v, want close %d", first, payload, err, code)
	}
	got := 0
	if len(payload) >= 2 {
		got = int(binary.BigEndian.Uint16(payload))
		reason = string(payload[2:])
	}
	if got != code {
		p.t.Fatalf("closed with %d %q, want %d", got, reason, code)
	}
	p.wantEnd()
	return reason
}

// wantEnd reads the connection's end.
func (p *peer) wantEnd() {
	p.t.Helper()
	rest, err := io.ReadAll(p.r)
	if diff := cmp.Diff("", string(rest)); diff != "" || err != nil {
		p.t.Fatal(err, diff)
	}
	_ = p.conn.Close()
}
