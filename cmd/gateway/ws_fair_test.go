package main

import (
	"context"
	"net"
	"syscall"
	"testing"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
)

// A stream of huge events does not hold up another one on its connection: that
// one's events go between the parts.
func TestFairness(t *testing.T) {
	const huge = 4 << 20
	eachProtocol(t, func(t *testing.T, protocol string) {
		h := start(t, setup{})
		p := h.narrow(t, protocol)
		p.opens(t, 2, "m?tokens=1000000", 0)
		p.expect(t, wire.Blocked) // its buffer is full of events that wait for credit

		p.tell(t, wire.Message{T: wire.Open, S: 1, API: "chat.completions", Body: []byte(chat("m?tokens=1&huge=4194304&huge_at=0")), Max: plenty})
		p.expect(t, wire.Opened)
		if it := p.expect(t, wire.Part); it.S != 1 {
			t.Fatalf("%+v", it.Message)
		}
		// What the sockets hold by now is less than the huge event.
		p.tell(t, wire.Message{T: wire.Ack, S: 2, Max: plenty})
		between, parts := 0, 1
		for {
			it, err := p.next()
			if err != nil {
				t.Fatal(err)
			}
			if it.T == wire.Part {
				parts++
			}
			if it.T == wire.Event && it.S == 2 {
				between++
				p.tell(t, wire.Message{T: wire.Ack, S: 2, Seq: it.Seq, Max: plenty})
			}
			if it.T == wire.Event && it.S == 1 {
				if len(it.event.Data) < huge*9/10 {
					t.Errorf("the huge event has %d bytes", len(it.event.Data))
				}
				break
			}
		}
		t.Logf("%d events of the other stream between %d parts", between, parts)
		if between < 200 || parts < 1000 {
			t.Errorf("%d events of the other stream went between %d parts", between, parts)
		}
	})
}

// narrow is knock with a small receive buffer, so that what is written is
// mostly read.
func (h *house) narrow(t testing.TB, protocol string) *peer {
	t.Helper()
	dial := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		_ = raw.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 64<<10) })
		return err
	}}
	return h.knockBy(t, protocol, websocket.Dialer{
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return dial.DialContext(ctx, network, addr)
		},
	})
}
