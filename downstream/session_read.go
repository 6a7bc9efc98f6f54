package downstream

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// read waits for the client's next message and does what it says. What waits is
// always a new goroutine: its stack is the smallest there is, where one that
// has handled a message has grown to two or four times that, for good.
func (x *session) read() {
	kind, r, err := x.ws.NextReader()
	if err == nil {
		err = x.hear(kind, r)
	}
	if err == nil {
		go x.read()
		return
	}
	x.part(err)
}

// hear reads one message and does what it says. A fault in that ends the
// session, as net/http has it while a request is its concern: else one client's
// message would end every client's streams.
func (x *session) hear(kind int, r io.Reader) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			x.srv.opt.Log.Error("a session failed", "fault", fmt.Sprintf("%T", fault), "stack", string(debug.Stack()))
			err = &violation{websocket.CloseInternalServerErr, "the gateway failed"}
		}
	}()
	if x.echo != nil {
		return x.echo(kind, r)
	}
	x.await()
	return x.message(kind, r)
}

// readWithin bounds a message's time; 0 is for ever. Once goodbye was said, the
// client's time to answer is not prolonged by what it still sends.
func (x *session) readWithin(d time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.over_ {
		return
	}
	var until time.Time
	if d > 0 {
		until = time.Now().Add(d)
	}
	_ = x.conn.SetReadDeadline(until)
}

// message is hear, on streams.
func (x *session) message(kind int, r io.Reader) error {
	if kind != websocket.TextMessage {
		return violated("a client's messages are text")
	}
	x.readWithin(x.srv.opt.BodyTimeout)
	var small [wsReadBuffer]byte
	p, release, err := x.readAll(r, small[:0])
	if err != nil {
		return err
	}
	x.readWithin(0)
	if x.parting() {
		release()
		return nil
	}
	if !utf8.Valid(p) {
		release()
		return &violation{wire.CloseNotUTF8, "a text message that is not UTF-8"}
	}
	kept := false
	err = wire.Parse(p, func(m *wire.Message) error {
		if m.T != wire.Open && len(p) > maxControl {
			return violated("a %q message of %d bytes, the limit is %d", clip(m.T), len(p), maxControl)
		}
		if m.T != wire.Open {
			return x.handle(m)
		}
		if kept {
			return violated("several open messages in one array")
		}
		kept = true
		return x.open(m, release)
	})
	if !kept {
		release()
	}
	if errors.Is(err, wire.ErrMessage) {
		return violated("not a message of the protocol: %s", plainJSONError(err))
	}
	return err
}

// readAll reads a message, mostly into buf. What is more is accounted for like
// any request's body.
func (x *session) readAll(r io.Reader, buf []byte) (p []byte, release func(), err error) {
	var reserved int64
	release = func() {
		x.srv.held.Add(-reserved)
		x.srv.bodies.Release(reserved)
	}
	for {
		if len(buf) == cap(buf) {
			more := int64(max(cap(buf), 4<<10))
			if !x.srv.bodies.TryAcquire(more) {
				release()
				return nil, nil, &violation{wire.CloseOverloaded, "the gateway holds as many request bodies as it may"}
			}
			reserved += more
			x.srv.held.Add(more)
			buf = append(make([]byte, 0, int64(cap(buf))+more), buf...)
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, release, nil
		}
		if err != nil {
			release()
			return nil, nil, err
		}
	}
}

// handle does what a message says that is not open.
func (x *session) handle(m *wire.Message) error {
	switch m.T {
	case wire.Ack:
		return x.ack(m)
	case wire.Resume:
		return x.resume(m)
	case wire.Cancel:
		x.stop(m.S)
		return nil
	}
	return violated("there is no message %q for a client to send", clip(m.T))
}

func (x *session) ack(m *wire.Message) error {
	x.mu.Lock()
	l, over := x.lanes[m.S], x.finished[m.S]
	x.mu.Unlock()
	switch {
	case l == nil && over != nil:
		_ = over.ackLate(m.Seq)
		return nil
	case l == nil:
		return nil // its end is on its way, or it was taken over
	}
	if errors.Is(l.reader.Ack(m.Seq, m.Max), stream.ErrBeyondSent) {
		return violated("stream %d: event %d was acknowledged before it was sent", m.S, m.Seq)
	}
	l.wake()
	return nil
}

func (x *session) stop(s uint32) {
	x.mu.Lock()
	l, cancel := x.lanes[s], x.opening[s]
	x.mu.Unlock()
	switch {
	case l != nil:
		l.stream.stop()
	case cancel != nil:
		cancel()
	}
}
