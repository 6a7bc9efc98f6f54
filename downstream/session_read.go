package downstream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// smallMessages are lent while a message is read: most are small.
var smallMessages = sync.Pool{New: func() any { return new([wsReadBuffer]byte) }}

// hear does what a message says. A fault in that ends the session, as net/http
// has it while a request is its concern: else one client's message would end
// every client's streams.
func (x *session) hear(message func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			x.srv.opt.Log.Error("a session failed", "fault", fmt.Sprintf("%T", fault), "stack", string(debug.Stack()))
			err = &violation{websocket.CloseInternalServerErr, "the gateway failed"}
		}
	}()
	return message()
}

// readWithin bounds the time of what is read from now on of a message; 0 is for
// ever. What is there already takes none.
func (x *session) readWithin(d time.Duration) {
	x.conn.within = d
	if d == 0 && x.conn.timed {
		x.conn.timed = false
		x.conn.limit(0)
	}
}

// limitRead limits the time of a read; 0 is for ever. Once goodbye was said,
// the client's time to answer is not prolonged by what it still sends.
func (x *session) limitRead(d time.Duration) {
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

// message reads a message, and does what it says.
func (x *session) message(kind int, r io.Reader) error {
	if kind != websocket.TextMessage {
		return violated("a client's messages are text")
	}
	x.readWithin(x.srv.opt.BodyTimeout)
	small := smallMessages.Get().(*[wsReadBuffer]byte)
	p, release, err := x.readAll(r, small[:0])
	if err != nil {
		return err
	}
	x.readWithin(0)
	if x.parting() {
		release()
		return nil
	}
	if cap(p) == len(small) {
		p = bytes.Clone(p) // the call keeps its body
		smallMessages.Put(small)
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
		return x.ack(m.S, m.Seq, m.Max)
	case wire.Resume:
		return x.resume(m)
	case wire.Cancel:
		x.stop(m.S)
		return nil
	}
	return violated("there is no message %q for a client to send", clip(m.T))
}

func (x *session) ack(s uint32, seq, top uint64) error {
	x.mu.Lock()
	l, over, parting := x.lanes[s], x.finished[s], x.closing != nil
	x.mu.Unlock()
	switch {
	case parting:
		return nil
	case l == nil && over != nil:
		_ = over.ackLate(seq)
		return nil
	case l == nil:
		return nil // its end is on its way, or it was taken over
	}
	if errors.Is(l.reader.Ack(seq, top), stream.ErrBeyondSent) {
		return violated("stream %d: event %d was acknowledged before it was sent", s, seq)
	}
	if l.reader.Ready() {
		l.wake()
	}
	return nil
}

func (x *session) stop(s uint32) {
	x.mu.Lock()
	l, cancel := x.lanes[s], x.opening[s]
	if cancel != nil { // locked: attach looks whether it was called
		cancel()
	}
	x.mu.Unlock()
	if l != nil {
		l.stream.stop()
	}
}
