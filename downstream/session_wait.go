package downstream

import (
	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
)

// read does what the client says, while there are streams: then a goroutine
// that stays, with the stack that it has grown, takes less time. Without any it
// is the watcher that waits.
func (x *session) read() {
	for {
		if err := x.next(); err != nil {
			x.part(err)
			return
		}
		if x.park() {
			return
		}
	}
}

// next does what the client says next.
func (x *session) next() error {
	_, _ = x.in.Peek(1) // an error comes again below
	if x.ponged() {
		return nil
	}
	if s, seq, top, ok := x.acked(); ok {
		return x.hear(func() error { return x.ack(s, seq, top) })
	}
	kind, r, err := x.ws.NextReader()
	if err != nil {
		return err
	}
	return x.hear(func() error {
		if x.echo != nil {
			return x.echo(kind, r)
		}
		x.await()
		return x.message(kind, r)
	})
}

// ponged takes a pong that is there, and whole, between two messages (RFC 6455
// section 5.5.3), and reports whether there was one: the library would go on
// waiting for a message after it. All others are left to the library.
func (x *session) ponged() bool {
	const head, mask = 2, 4
	p, _ := x.in.Peek(x.in.Buffered())
	if len(p) < head+mask || p[0] != finalFragment|websocket.PongMessage || p[1] < 0x80 || p[1] > 0x80|125 {
		return false
	}
	size := head + mask + int(p[1]&0x7f)
	if len(p) < size {
		return false
	}
	_, _ = x.in.Discard(size)
	x.onPong()
	return true
}

// acked takes an acknowledgement that is there, and whole in one frame: most of
// what a client says, and nothing that it is answered. All other messages are
// left to the library.
func (x *session) acked() (s uint32, seq, top uint64, ok bool) {
	const head, mask = 2, 4
	p, _ := x.in.Peek(x.in.Buffered())
	if x.echo != nil || len(p) < head+mask || p[0] != finalFragment|websocket.TextMessage || p[1] < 0x80 || p[1] > 0x80|125 {
		return 0, 0, 0, false
	}
	size := int(p[1] & 0x7f)
	if len(p) < head+mask+size {
		return 0, 0, 0, false
	}
	var room [125]byte
	text := room[:copy(room[:], p[head+mask:][:size])]
	for i := range text {
		text[i] ^= p[head+i%mask]
	}
	if s, seq, top, ok = wire.ParseAck(text); ok {
		_, _ = x.in.Discard(head + mask + size)
	}
	return s, seq, top, ok
}

// park leaves the waiting to the watcher, if there is no stream and nothing
// that was read already, and reports whether it has. A goroutine would take a
// third of what the connection does.
func (x *session) park() bool {
	if x.in.Buffered() > 0 || len(x.conn.ahead) > 0 {
		return false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.lanes)+len(x.opening) > 0 || x.closing != nil || x.over_ {
		return false
	}
	x.watch = x.srv.gone.add(x.unpark)
	x.parked = x.srv.gone.armRead(x.watch, x.conn.clientConn)
	if !x.parked {
		x.srv.gone.forget(x.watch)
	}
	return x.parked
}

// unpark reads on: the client has said something, or it is over.
func (x *session) unpark() {
	x.mu.Lock()
	parked := x.parked
	x.parked = false
	x.mu.Unlock()
	if parked {
		x.srv.gone.forget(x.watch)
		go x.read()
	}
}
