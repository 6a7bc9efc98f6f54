//go:build autobahn

package downstream

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
	"tidegate/internal/auth"
	"tidegate/stream"
)

// What an outside suite of WebSocket tests is pointed at: the gateway's own
// connections, sessions and closing handshakes, on which messages are echoed.
// docs/websocket.md says how it is started. It trusts its client to read.

func echoServer(t *testing.T, l net.Listener) *Server {
	t.Helper()
	const largest = 64 << 20
	s, err := New(Options{
		Opener: &opener{}, Keys: auth.Open(), Registry: stream.NewRegistry(1), Pages: stream.NewPages(4096),
		Observer: &reports{}, Log: slog.New(slog.DiscardHandler), KeepAlive: time.Minute, Retain: time.Minute, Retained: 1, PerConn: 1,
		HeaderTimeout: 10 * time.Second, BodyTimeout: time.Minute, IdleTimeout: time.Minute,
		MaxHeader: 32 << 10, MaxBody: largest, MaxBodies: 8 * largest, MaxConns: 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.routes["/"] = route{http.MethodGet, func(w http.ResponseWriter, r *http.Request) {
		x, err := s.upgrade(w, r, "")
		if err != nil {
			return
		}
		x.echo = func(kind int, r io.Reader) error {
			x.readWithin(s.opt.BodyTimeout)
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
		s.begin(x)
	}}
	served := make(chan error)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		now, cancel := context.WithCancel(context.Background())
		cancel()
		s.Shutdown(now)
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestEchoServer runs until it is interrupted.
func TestEchoServer(t *testing.T) {
	at := os.Getenv("ECHO_LISTEN")
	if at == "" {
		t.Skip("ECHO_LISTEN says no address")
	}
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	echoServer(t, l)
	t.Logf("ws://%s echoes", l.Addr())
	stop, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	<-stop.Done()
}

// TestEcho is that what is pointed at works.
func TestEcho(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	echoServer(t, l)
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	resp, r := knockAt(t, conn, "/")
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(resp.Status)
	}
	p := &peer{t: t, conn: conn, r: r}
	for _, first := range []byte{fin | opText, fin | opBinary} {
		for _, size := range []int{0, 1, 125, 126, 127, 65535, 65536, 1 << 20} {
			payload := bytes.Repeat([]byte{'*'}, size)
			p.raw(masked(first, payload))
			p.wantFrame(first, payload)
		}
	}
	p.raw(slices.Concat(masked(opText, []byte("κ")), masked(fin|opPing, []byte("?")), masked(fin|opMore, []byte("ό"))))
	p.wantFrame(fin|opPong, []byte("?"))
	p.wantFrame(fin|opText, []byte("κό"))
	p.raw(masked(fin|opText, []byte{0xff}))
	p.wantClose(wire.CloseNotUTF8)
}
