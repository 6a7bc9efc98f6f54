package downstream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// open makes a model call, in a goroutine of its own.
func (x *session) open(m *wire.Message, release func()) error {
	call := &stream.Call{
		ID: rand.Text(), API: stream.API(m.API), Body: m.Body, Principal: x.who.Name, Credential: x.credential,
	}
	began := time.Now()
	ctx, cancel := context.WithCancel(x.ctx)
	if err := x.reserve(m.S, cancel); err != nil {
		cancel()
		release()
		if errors.Is(err, errTooManyStreams) {
			f := x.tooMany()
			x.refuse(m.S, f)
			x.srv.reportRefused(call, x.who, began, f)
			return nil
		}
		return err
	}
	f := prepare(call, m)
	if f == nil {
		own := &exchange{srv: x.srv, call: call, manner: openaiManner, who: x.who, began: began, release: release}
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
	x.srv.reportRefused(call, x.who, began, f)
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
	if !x.attach(ctx, m.S, l, 0, m.Max, 0) {
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
	x.attach(x.ctx, m.S, l, m.Seq, m.Max, m.Epoch)
	return nil
}

// attach makes the session the stream's consumer, and reports whether the
// client will be told so and has not said stop by then. What comes after that is
// no concern of the caller's: a client that was told the id may come back. The
// number s stays taken until the stream is there: a cancel finds one or the
// other.
func (x *session) attach(ctx context.Context, s uint32, l *live, seq, max, epoch uint64) (wanted bool) {
	own := &lane{x: x, s: s, stream: l, seq: seq}
	reader, f := l.attach(own, seq, max, epoch)
	if f != nil {
		x.unreserve(s)
		x.refuse(s, f)
		return false
	}
	own.reader = reader
	x.mu.Lock()
	delete(x.opening, s)
	wanted = ctx.Err() == nil // looked at before anything is written, which may take long
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
		return false
	}
	own.wake()
	return wanted
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
	delete(x.finished, s)
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
