package downstream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// violation is what a client did against the protocol: it is told, and its
// connection closed.
type violation struct {
	code int
	text string
}

func (v *violation) Error() string { return v.text }

func violated(format string, args ...any) error {
	return &violation{wire.CloseProtocol, fmt.Sprintf(format, args...)}
}

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
	return x.message(kind, r)
}

// part says goodbye, if there is anybody left to hear it, and ends the
// connection.
func (x *session) part(err error) {
	defer func() { _ = x.conn.Close() }()
	defer x.turn.hangUp() // so that the session is over, whatever was written
	var v *violation
	var closed *websocket.CloseError
	var network net.Error
	switch {
	case errors.As(err, &v):
		x.closeWith(v.code, clipReason(v.text))
	case errors.As(err, &closed) && closed.Code != websocket.CloseAbnormalClosure:
		// onClose has answered
	case errors.As(err, &network) && network.Timeout() && !x.parting():
		x.closeWith(wire.CloseProtocol, "a message did not arrive in time")
	case closed != nil || network != nil || errors.Is(err, io.EOF):
		return
	case errors.Is(err, websocket.ErrReadLimit):
		x.closeWith(websocket.CloseMessageTooBig, "")
	default: // a violation of RFC 6455
		x.closeWith(websocket.CloseProtocolError, "")
	}
	x.drainRead()
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

// drainRead reads on for a moment, so that the client can read the close
// frame: what is not read when a connection is closed resets it.
func (x *session) drainRead() {
	_ = x.conn.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.CopyN(io.Discard, x.conn, 1<<20)
}

// clipReason keeps a close frame's reason within its 123 bytes (RFC 6455
// section 5.5).
func clipReason(text string) string {
	const longest = 120
	for len(text) > longest || !utf8.ValidString(text) {
		text = text[:min(len(text)-1, longest)]
	}
	return text
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
	l := x.lanes[m.S]
	x.mu.Unlock()
	if l == nil {
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

// open makes a model call, in a goroutine of its own.
func (x *session) open(m *wire.Message, release func()) error {
	call := &stream.Call{ID: rand.Text(), API: stream.API(m.API), Body: m.Body}
	began := time.Now()
	ctx, cancel := context.WithCancel(x.ctx)
	if err := x.reserve(m.S, cancel); err != nil {
		cancel()
		release()
		if errors.Is(err, errTooManyStreams) {
			x.refuse(m.S, x.tooMany())
			return nil
		}
		return err
	}
	f := prepare(call)
	if f == nil {
		own := &exchange{srv: x.srv, call: call, who: x.who, began: began, release: release}
		own.ctx, own.cancel = context.WithCancelCause(context.Background())
		if f = own.sitDown(); f == nil {
			go func() {
				defer cancel()
				x.opened(ctx, m, own)
			}()
			return nil
		}
	}
	cancel()
	release()
	x.unreserve(m.S)
	x.refuse(m.S, f)
	return nil
}

// opened waits for the provider's answer and puts the stream on the session.
func (x *session) opened(ctx context.Context, m *wire.Message, own *exchange) {
	stop := context.AfterFunc(ctx, func() { own.cancel(errClientGone) })
	l, f := own.openLive()
	stop()
	if f != nil {
		x.unreserve(m.S)
		x.refuse(m.S, f)
		return
	}
	x.attach(m.S, l, 0, m.Max)
	if ctx.Err() != nil {
		l.stop() // the client had gone, or said stop, and knows no id to come back to
	}
}

func (x *session) resume(m *wire.Message) error {
	switch err := x.reserve(m.S, func() {}); {
	case errors.Is(err, errTooManyStreams):
		x.refuse(m.S, x.tooMany())
		return nil
	case err != nil:
		return err
	}
	l := x.srv.lives.find(m.Stream, x.who.Name)
	if l == nil {
		x.unreserve(m.S)
		x.refuse(m.S, unknownStream())
		return nil
	}
	x.attach(m.S, l, m.Seq, m.Max)
	return nil
}

// attach makes the session the stream's consumer. The number s stays taken
// until the stream is there: a cancel finds one or the other.
func (x *session) attach(s uint32, l *live, seq, max uint64) {
	own := &lane{x: x, s: s, stream: l, seq: seq}
	reader, err := l.attach(own, seq, max)
	if err != nil {
		x.unreserve(s)
		x.refuse(s, goneStream())
		return
	}
	own.reader = reader
	x.mu.Lock()
	delete(x.opening, s)
	gone := x.over_ || own.lost
	if !gone {
		x.lanes[s] = own
		own.open = true
		opened := wire.Message{
			T: wire.Opened, S: s, Stream: l.call.ID, Seq: seq, KeepAliveMS: x.srv.opt.KeepAlive.Milliseconds(),
			Buffer: x.srv.opt.Pages.Size(), Model: l.answer.Model, Provider: l.answer.Provider,
		}
		if x.ticket {
			opened.Ticket = x.srv.tickets.forStream(l)
		}
		x.control = append(x.control, opened)
	}
	x.mu.Unlock()
	if gone {
		l.detach(own)
		return
	}
	own.wake()
}

var errTooManyStreams = errors.New("downstream: too many streams on one connection")

// reserve takes a stream's number while it is being opened.
func (x *session) reserve(s uint32, cancel context.CancelFunc) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, busy := x.opening[s]; busy || x.lanes[s] != nil {
		return violated("stream %d is in use on this connection", s)
	}
	if len(x.lanes)+len(x.opening) >= x.srv.opt.PerConn {
		return errTooManyStreams
	}
	x.opening[s] = cancel
	return nil
}

func (x *session) tooMany() *failure {
	return &failure{
		status: http.StatusTooManyRequests, kind: gatewayFailure, code: "too_many_streams",
		message: fmt.Sprintf("There are %d streams on this connection, which is the limit.", x.srv.opt.PerConn),
	}
}

func (x *session) unreserve(s uint32) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.opening, s)
}

func (x *session) refuse(s uint32, f *failure) {
	x.post(wire.Message{
		T: wire.Refused, S: s, Status: f.status, Err: f.appendObject(nil), RetryMS: f.retry.Milliseconds(),
	})
}
