package downstream

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"tidegate/breaker"
	"tidegate/downstream/wire"
	"tidegate/stream"
)

// live is a stream that its consumer acknowledges, and to which it may come
// back over another connection.
type live struct {
	*exchange
	st     *stream.Stream
	stall  *breaker.Stall
	answer *stream.Answer
	report *stream.Report

	reported atomic.Bool

	full   atomic.Uint64 // odd: nothing is read from the provider. It counts, so that each time is told
	credit atomic.Uint64 // what the client granted when it opened the stream
	sawEnd atomic.Bool   // the end was written to an SSE connection

	mu       sync.Mutex // guards the following
	consumer consumer   // nil: detached
	reader   *stream.Reader
	away     *time.Timer // runs while detached
	alone    time.Time   // since when it is
	over     bool        // the model's call is
	ended    time.Time   // since when it is
	expiry   *time.Timer // runs once it is
}

// consumer is one connection's side of a live stream. Its methods do not
// block.
type consumer interface {
	wake()                  // there may be something to take
	detached(reason string) // the stream is another consumer's by now, or nobody's
	hangUp()                // the gateway goes away
}

// openLive makes the call and the stream. The failure is nil when there is a
// stream; it begins when it is first attached.
func (x *exchange) openLive() (*live, *failure) {
	report := x.reportOf()
	answer, err := x.srv.opt.Opener.Open(x.ctx, x.call)
	x.release()
	x.call.Body = nil
	var f *failure
	switch {
	case err != nil:
		if f = x.refused(err, report); f == nil {
			f = &failure{status: statusClientGone, kind: gatewayFailure, code: string(stream.Cancelled), message: "The client has gone."}
		}
	case answer.Source == nil:
		f = refusedBody(answer)
		report.Provider, report.Model = answer.Provider, answer.Model
		report.Status, report.Code, report.End.Reason = f.status, "upstream_status", stream.UpstreamError
	}
	if f != nil {
		x.cancel(nil)
		x.seat.Leave()
		report.Duration = time.Since(x.began)
		x.srv.opt.Observer.Ended(report)
		return nil, f
	}
	report.First = time.Since(x.began)
	report.Provider, report.Model, report.Status = answer.Provider, answer.Model, answer.Status

	l := &live{exchange: x, answer: answer, report: report}
	l.stall = breaker.NewStall(x.srv.opt.KeepAlive, l.stalled)
	l.st = stream.New(stream.Config{
		ID: x.call.ID, Provider: answer.Provider, Model: answer.Model,
		Pages: x.srv.opt.Pages, Now: time.Now, Stall: l, Resumable: true,
		Meter: x.srv.opt.Observer.Meter(answer.Provider, answer.Model),
		Stop:  func() { x.cancel(context.Canceled) },
	})
	x.onTold(l.told)
	x.seat.Put(l.st)
	x.srv.lives.put(l)
	l.alone = time.Now()
	l.away = time.AfterFunc(x.srv.opt.KeepAlive, l.abandoned)
	go l.pump(answer.Source)
	return l, nil
}

// statusClientGone is what a call is logged with whose client left before the
// answer.
const statusClientGone = 499

// pump is the goroutine of the model's call.
func (l *live) pump(source stream.Source) {
	end := source.Pump(l.st)
	if context.Cause(l.ctx) == errShutdown && end.Reason != stream.Complete {
		end = shutdownEnd
	}
	l.st.End(end)
	l.st.Flush()
	source.Close()
	l.cancel(nil)
	l.mu.Lock()
	l.over, l.ended = true, time.Now()
	l.away.Stop()
	if l.consumer == nil {
		l.awaitReport()
	}
	l.expiry = time.AfterFunc(l.srv.opt.Retain, func() { l.srv.lives.drop(l) })
	l.mu.Unlock()
	l.srv.lives.keep(l)
	l.seat.Leave()
}

// attach makes c the stream's consumer; the newest wins.
func (l *live) attach(c consumer, seq, max uint64) (*stream.Reader, error) {
	l.mu.Lock()
	reader, err := l.st.Attach(seq, max, c.wake)
	if err != nil {
		l.mu.Unlock()
		return nil, err
	}
	before := l.consumer
	l.consumer, l.reader = c, reader
	l.away.Stop()
	l.mu.Unlock()
	if before != nil {
		before.detached(wire.Superseded)
	}
	return reader, nil
}

// detach says that c has gone. Nobody else within keep-alive: the call is
// cancelled.
func (l *live) detach(c consumer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.consumer != c {
		return
	}
	l.reader.Detach()
	l.consumer, l.reader = nil, nil
	if l.over {
		l.awaitReport()
		return
	}
	l.alone = time.Now()
	l.away.Reset(l.srv.opt.KeepAlive)
}

// awaitReport reports a stream that is over and that nobody reads, once nobody
// comes back for what is left; at once where nobody will.
func (l *live) awaitReport() {
	if l.reported.Load() {
		return
	}
	l.alone = time.Now()
	wait := l.srv.opt.KeepAlive
	switch end, _ := l.st.Ended(); end.Reason {
	case stream.Cancelled, stream.Abandoned, stream.Shutdown:
		l.alone, wait = time.Time{}, 0
	}
	l.away.Reset(wait)
}

// forget frees what is held. A consumer that is still there has had its time.
func (l *live) forget() {
	l.done(false)
	l.mu.Lock()
	c := l.consumer
	l.consumer, l.reader = nil, nil
	l.expiry.Stop()
	l.mu.Unlock()
	l.st.Drop()
	if c != nil {
		c.detached(wire.Forgotten)
	}
}

// attached is the consumer there is, or nil.
func (l *live) attached() consumer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.consumer
}

// ack acknowledges over another connection than the one that reads. While
// nobody is attached it changes nothing: who resumes says the position.
func (l *live) ack(seq, max uint64) error {
	l.mu.Lock()
	r, c := l.reader, l.consumer
	l.mu.Unlock()
	if r == nil {
		if seq > l.st.Stats().Reached {
			return stream.ErrBeyondSent
		}
		return nil
	}
	if err := r.Ack(seq, max); err != nil {
		return err
	}
	c.wake()
	return nil
}

// heard says whether a client that has applied all up to seq knows the
// stream's end, too.
func (l *live) heard(seq uint64) bool {
	_, ended := l.st.Ended()
	return ended && l.sawEnd.Load() && seq >= l.st.Stats().Appended
}

// endFor is the stream's end, once r's consumer has every event; or at once
// where it has cancelled: it wants none of them, and may have no credit for
// them.
func (l *live) endFor(r *stream.Reader) (stream.End, bool) {
	end, ok := r.End()
	if !ok {
		end, ok = l.st.Ended()
		ok = ok && end.Reason == stream.Cancelled
	}
	return end, ok
}

// abandoned is called when nobody has come back. The timer may have run out
// just before somebody did, and left again.
func (l *live) abandoned() {
	l.mu.Lock()
	alone := l.consumer == nil && time.Since(l.alone) >= l.srv.opt.KeepAlive
	over := l.over
	l.mu.Unlock()
	switch {
	case alone && over:
		l.done(false)
	case alone:
		l.st.End(stream.End{Reason: stream.Abandoned, Message: "nobody came back to the stream within keep-alive"})
	}
}

// stalled is called when the breaker opens.
func (l *live) stalled() {
	l.st.End(stream.End{Reason: stream.SlowConsumer, Message: "nothing was acknowledged for longer than keep-alive while the buffer was full"})
}

// told is called when the gateway wants the call to end.
func (l *live) told(end stream.End) { l.st.End(end) }

// stop is called when the consumer says so.
func (l *live) stop() {
	l.st.End(stream.End{Reason: stream.Cancelled, Message: "the client cancelled the call"})
}

// OnFull implements stream.Stall: the breaker's clock starts, and the consumer
// is told.
func (l *live) OnFull() {
	l.stall.OnFull()
	l.full.Add(1)
	go l.nudge() // the stream is locked here
}

// OnDrained implements stream.Stall.
func (l *live) OnDrained() {
	l.full.Add(1)
	l.stall.OnDrained()
}

func (l *live) nudge() {
	if c := l.attached(); c != nil {
		c.wake()
	}
}

// blocked says how long the consumer has if the buffer is full, and which time
// it is that it is full; 0: it is not.
func (l *live) blocked() (left time.Duration, which uint64) {
	which = l.full.Load()
	left, running := l.stall.Left()
	if which%2 == 0 || !running {
		return 0, 0
	}
	return left, which
}

// done reports the stream, once: when its end was sent, or when it is dropped.
func (l *live) done(sent bool) {
	if l.reported.Swap(true) {
		return
	}
	r := l.report
	r.End, _ = l.st.Ended()
	stats := l.st.Stats()
	r.Received, r.Delivered = stats.Appended, stats.Reached
	r.High, r.Paused, r.EndSent = stats.High, stats.Paused, sent
	if r.End.Reason != stream.Complete {
		r.Code = endFailure(r.End).code
	}
	r.Duration = time.Since(l.began)
	if !sent { // what came after was waiting for somebody to come
		l.mu.Lock()
		r.Duration = l.ended.Sub(l.began)
		l.mu.Unlock()
	}
	l.srv.opt.Observer.Ended(r)
}
