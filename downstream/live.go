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
	usage    stream.Usage // the call's, once settled is true
	settled  atomic.Bool  // the call is over, and with it what it used
	bytes    atomic.Int64 // written to clients

	full   atomic.Uint64 // odd: nothing is read from the provider. It counts, so that each time is told
	credit atomic.Uint64 // what the client granted when it opened the stream
	sawEnd atomic.Bool   // the end was written to an SSE connection

	mu       sync.Mutex // guards the following
	consumer consumer   // nil: detached
	reader   *stream.Reader
	epoch    uint64      // of the newest consumer
	away     *time.Timer // runs while detached
	alone    time.Time   // since when it is
	over     bool        // the model's call is
	endedAt  time.Time   // since when it is
	expiry   *time.Timer // runs once it is
}

// openLive makes the call and the stream. The failure is nil when there is a
// stream; it begins when it is first attached.
func (x *exchange) openLive() (*live, *failure) {
	report := x.reportOf()
	answer, err := x.srv.opt.Opener.Open(x.ctx, x.call)
	x.letGo()
	var f *failure
	switch {
	case err != nil:
		if f = x.refused(err, report); f == nil {
			f = &failure{status: statusClientGone, kind: gatewayFailure, code: string(stream.Cancelled), message: "The client has gone."}
		}
	case answer.Source == nil:
		f = refusedBody(answer)
		answered(report, answer)
		report.Code, report.End.Reason = "upstream_status", stream.UpstreamError
	}
	if f != nil {
		x.cancel(nil)
		x.seat.Leave()
		report.Duration = time.Since(x.began)
		x.srv.opt.Observer.Ended(report)
		return nil, f
	}
	report.First = time.Since(x.began)
	answered(report, answer)

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
	l.usage = end.Usage
	l.settled.Store(true)
	if context.Cause(l.ctx) == errShutdown && end.Reason != stream.Complete {
		end = shutdownEnd
	}
	if !l.st.End(end) {
		l.nudge() // the end that there was can be said now
	}
	l.st.Flush()
	source.Close()
	l.answer.Source = nil // the stream is kept for long, what has read it need not be
	l.cancel(nil)
	l.mu.Lock()
	l.over, l.endedAt = true, time.Now()
	l.away.Stop()
	if l.consumer == nil {
		l.awaitReport()
	}
	l.expiry = time.AfterFunc(l.srv.opt.Retain, func() { l.srv.lives.drop(l) })
	l.mu.Unlock()
	l.srv.lives.keep(l)
	l.seat.Leave()
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

// done reports the stream, once: when its end was sent, or when it is dropped.
func (l *live) done(sent bool) {
	if l.reported.Swap(true) {
		return
	}
	r := l.report
	r.End, _ = l.ended()
	r.Usage, r.BytesOut = r.End.Usage, l.bytes.Load()
	stats := l.st.Stats()
	r.Received, r.Delivered = stats.Appended, stats.Reached
	r.High, r.Paused, r.EndSent = stats.High, stats.Paused, sent
	if r.End.Reason != stream.Complete {
		r.Code = endFailure(r.End).code
	}
	r.Duration = time.Since(l.began)
	if !sent { // what came after was waiting for somebody to come
		l.mu.Lock()
		r.Duration = l.endedAt.Sub(l.began)
		l.mu.Unlock()
	}
	l.srv.opt.Observer.Ended(r)
}
