package client

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"tidegate/downstream/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gateway is one whose part the test plays.
type gateway struct {
	*httptest.Server
	conns  chan *conn
	refuse atomic.Int32 // status of the next handshakes; 0: none
}

// conn is a connection as the gateway sees it.
type conn struct {
	*websocket.Conn
	ready []wire.Message
}

func newGateway(t *testing.T) *gateway {
	g := &gateway{conns: make(chan *conn, 16)}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status := int(g.refuse.Load()); status != 0 {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"error":{"message":"no","code":"not_now"}}`))
			return
		}
		up := websocket.Upgrader{Subprotocols: []string{wire.ProtocolJSON}}
		ws, err := up.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		g.conns <- &conn{Conn: ws}
	}))
	t.Cleanup(func() {
		for {
			select {
			case c := <-g.conns:
				_ = c.Close()
			default:
				g.Close()
				return
			}
		}
	})
	return g
}

func (g *gateway) client(t *testing.T, o Options) *Client {
	t.Helper()
	o.URL, o.Protocol = g.URL, JSON
	if o.Transport == Auto {
		o.Transport = WebSocket
	}
	if o.Backoff == nil {
		o.Backoff = func(int) time.Duration { return 0 }
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// accept takes the next connection.
func (g *gateway) accept(t *testing.T) *conn {
	t.Helper()
	select {
	case c := <-g.conns:
		t.Cleanup(func() { _ = c.Close() })
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		return c
	case <-patience(t).Done():
		t.Fatal("nobody connects")
		return nil
	}
}

// hear is the client's next message, which has to be of that type.
func (c *conn) hear(t *testing.T, kind string) wire.Message {
	t.Helper()
	for len(c.ready) == 0 {
		_, p, err := c.ReadMessage()
		if err != nil {
			t.Fatalf("instead of %s: %v", kind, err)
		}
		if err := wire.Parse(p, func(m *wire.Message) error { c.ready = append(c.ready, *m); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	m := c.ready[0]
	c.ready = c.ready[1:]
	if m.T != kind {
		t.Fatalf("%+v, want %s", m, kind)
	}
	return m
}

func (c *conn) say(t *testing.T, all ...wire.Message) {
	t.Helper()
	for _, m := range all {
		if err := c.WriteMessage(websocket.TextMessage, m.Append(nil)); err != nil {
			t.Fatal(err)
		}
	}
}

// close says goodbye.
func (c *conn) close(code int) {
	_ = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, "because"), time.Now().Add(time.Minute))
}

func opened(s uint32, seq uint64) wire.Message {
	return wire.Message{T: wire.Opened, S: s, Stream: "id", Seq: seq}
}

// events are the events from to to.
func events(s uint32, from, to uint64) (all []wire.Message) {
	for seq := from; seq <= to; seq++ {
		all = append(all, wire.Message{T: wire.Event, S: s, Seq: seq, Data: []byte(`{"n":1}`)})
	}
	return all
}

func ended(s uint32, seq uint64) wire.Message {
	return wire.Message{T: wire.End, S: s, Seq: seq, Reason: Complete}
}

func patience(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// open opens a stream, of which the gateway is asked for with a window.
func open(t *testing.T, g *gateway, c *Client) (*Stream, *conn, uint32) {
	t.Helper()
	type result struct {
		s   *Stream
		err error
	}
	done := make(chan result)
	go func() {
		s, err := c.Open(patience(t), "api", []byte(`{}`))
		done <- result{s, err}
	}()
	k := g.accept(t)
	m := k.hear(t, wire.Open)
	k.say(t, opened(m.S, 0))
	r := <-done
	if r.err != nil || r.s.ID() != "id" {
		t.Fatal(r.err)
	}
	if m.API != "api" || string(m.Body) != `{}` || m.Max != uint64(c.opt.Window) {
		t.Fatalf("%+v", m)
	}
	return r.s, k, m.S
}

// reader reads a stream in a goroutine: the numbers come over a channel, then
// it is closed, and err is set.
type reader struct {
	seqs chan uint64
	err  error
}

func read(s *Stream) *reader {
	r := &reader{seqs: make(chan uint64)}
	go func() {
		defer close(r.seqs)
		for ev, err := range s.Events() {
			if err != nil {
				r.err = err
				return
			}
			r.seqs <- ev.Seq
		}
	}()
	return r
}

// takes expects the events from to to.
func (r *reader) takes(t *testing.T, from, to uint64) {
	t.Helper()
	for want := from; want <= to; want++ {
		if got, ok := <-r.seqs; got != want {
			t.Fatalf("event %d, want %d (%v %v)", got, want, ok, r.err)
		}
	}
}

// ends expects no more events.
func (r *reader) ends(t *testing.T) error {
	t.Helper()
	if seq, ok := <-r.seqs; ok {
		t.Fatalf("event %d after the last", seq)
	}
	return r.err
}
