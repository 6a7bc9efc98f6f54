package downstream

import (
	"context"
	"io"
	"math"
	"net/http"
	"sync/atomic"
	"time"

	"tidegate/breaker"
	"tidegate/stream"
)

// plain is a stream in a provider's own API: no acknowledgements, TCP is the
// only signal. What the connection has taken counts as acknowledged.
type plain struct {
	*exchange
	conn   *clientConn
	close  bool // the client wants no second request on the connection
	out    writer
	report *stream.Report

	st      atomic.Pointer[stream.Stream]
	stall   *breaker.Stall
	beats   *time.Timer
	tail    atomic.Pointer[time.Timer]
	watch   watchID
	parties atomic.Int32 // who has to be done: the pump and the writer
}

// stream serves a call that is answered event by event. It returns at once.
func (x *exchange) stream(w http.ResponseWriter, r *http.Request) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		x.release()
		x.seat.Leave()
		x.cancel(nil)
		panic("downstream: a connection that can't be taken over: " + err.Error())
	}
	own := conn.(*clientConn)
	own.answering()
	own.narrow()
	if n := buffered.Reader.Buffered(); n > 0 {
		own.ahead = make([]byte, n)
		_, _ = io.ReadFull(buffered.Reader, own.ahead)
	}
	p := &plain{exchange: x, conn: own, close: r.Close, report: x.reportOf()}
	p.out.begin(own, x.manner, p.written)
	p.parties.Store(2)
	p.beats = time.AfterFunc(math.MaxInt64, p.beat)
	p.watch = x.srv.gone.add(p.clientGone)
	x.onTold(p.told)
	go p.run()
}

// run is the stream's goroutine: the provider's call from its beginning to
// its end.
func (p *plain) run() {
	defer p.leave()
	p.srv.gone.arm(p.watch, p.conn)
	p.beats.Reset(p.srv.opt.KeepAlive)

	answer, err := p.srv.opt.Opener.Open(p.ctx, p.call)
	p.letGo()
	switch {
	case err != nil:
		p.refuse(p.refused(err, p.report))
		return
	case answer.Source == nil:
		p.passOn(answer)
		return
	}
	p.report.First = time.Since(p.began)
	answered(p.report, answer)
	p.out.commit(appendHead(nil, answer.Status, p.streamHeader(answer)))

	p.parties.Add(1)
	go p.pump(p.open(answer.Provider, answer.Model), answer.Source)
}

// pump is the goroutine of a stream under way: one of its own, so that what
// the call's beginning needed, stack and all, is not kept until its end.
func (p *plain) pump(st *stream.Stream, source stream.Source) {
	defer p.leave()
	end := source.Pump(st)
	p.report.Usage = end.Usage // also where the stream had ended before
	if why, ok := p.stopped(); ok && end.Reason != stream.Complete {
		end = why // the provider's call was cancelled: whatever it says came after
	}
	st.End(end)
	st.Flush()
	p.limitTail()
	source.Close()
}

// rawPerBuffer bounds, in buffers, what the events held had in bytes when the
// provider sent them: with the sockets' own buffers it keeps what is taken
// from a provider for a client that does not read under 64 KiB.
const rawPerBuffer = 5

// open makes the stream and its reader.
func (p *plain) open(provider, model string) *stream.Stream {
	p.stall = breaker.NewStall(p.srv.opt.KeepAlive, p.stalled)
	st := stream.New(stream.Config{
		ID: p.call.ID, Provider: provider, Model: model,
		Pages: p.srv.opt.Pages, Now: time.Now, Stall: p.stall,
		Meter: p.srv.opt.Observer.Meter(provider, model),
		Stop:  func() { p.cancel(context.Canceled) },
		Raw:   rawPerBuffer * p.srv.opt.Pages.Size(),
	})
	reader, err := st.Attach(0, stream.NoLimit, p.out.wake)
	if err != nil {
		panic("downstream: a new stream has no beginning: " + err.Error())
	}
	reader.TakeDirectly(&p.out)
	p.out.reader.Store(reader)
	p.st.Store(st)
	p.seat.Put(st)
	if why, ok := p.stopped(); ok { // before the stream was there
		st.End(why)
	}
	return st
}

// stopped says whether the call was cancelled from the client's or the
// gateway's side, and why.
func (p *plain) stopped() (why stream.End, ok bool) {
	switch context.Cause(p.ctx) {
	case errClientGone:
		return goneEnd, true
	case errShutdown:
		return shutdownEnd, true
	}
	return stream.End{}, false
}

var goneEnd = stream.End{Reason: stream.Cancelled, Message: "the client closed its connection"}

var shutdownEnd = stream.End{Reason: stream.Shutdown, Message: "the gateway is shutting down"}

// beat is the heartbeat's timer. It looks whether anything was written
// meanwhile, so that a token need not touch the timer.
func (p *plain) beat() {
	every := p.srv.opt.KeepAlive
	left := every - time.Since(time.Unix(0, p.out.writeAt.Load()))
	if left <= 0 {
		p.out.commit(appendHead(nil, http.StatusOK, p.streamHeader(nil)))
		p.out.heartbeat()
		left = every
	}
	if !p.out.finished() {
		p.beats.Reset(left)
	}
}

// clientGone is called when the client has closed its connection.
func (p *plain) clientGone() { p.stop(errClientGone, goneEnd, true) }

// told ends the stream: the client hears of it, if it reads.
func (p *plain) told(end stream.End) {
	p.stop(errShutdown, end, false)
	time.AfterFunc(shutdownGrace, p.out.cut)
}

// shutdownGrace is how long a client has to take the end of its stream when
// the gateway shuts down.
const shutdownGrace = time.Second

// stalled is called when the breaker opens.
func (p *plain) stalled() {
	end := stream.End{Reason: stream.SlowConsumer, Message: "the client did not read for longer than keep-alive"}
	if st := p.st.Load(); st != nil && st.End(end) {
		p.out.cut()
	}
}

// stop ends the call for a reason on the client's or the gateway's side.
func (p *plain) stop(cause error, end stream.End, hangUp bool) {
	p.cancel(cause)
	if st := p.st.Load(); st != nil {
		st.End(end)
	}
	if hangUp {
		p.out.cut()
	}
}

// limitTail bounds how long the client may take for what is left once the
// provider has ended: as long as it might have taken for two halves of the
// buffer while the provider was there.
func (p *plain) limitTail() {
	t := time.AfterFunc(2*p.srv.opt.KeepAlive, p.out.cut)
	p.tail.Store(t)
	if p.out.finished() {
		t.Stop()
	}
}

// written is called when the writer is done.
func (p *plain) written() {
	p.srv.gone.remove(p.watch, p.conn)
	p.beats.Stop()
	if t := p.tail.Load(); t != nil {
		t.Stop()
	}
	if !p.out.clean {
		// A write that fails may be the first to tell that the client has gone.
		p.stop(errClientGone, goneEnd, false)
	}
	if p.out.clean && !p.close && !p.out.dead.Load() {
		p.conn.l.giveBack(p.conn)
	} else {
		_ = p.conn.Close()
	}
	p.leave()
}

// leave is called by the pump and by the writer; the second one reports.
func (p *plain) leave() {
	if p.parties.Add(-1) > 0 {
		return
	}
	p.cancel(nil)
	r := p.report
	if st := p.st.Load(); st != nil {
		r.End, _ = st.Ended()
		stats := st.Stats()
		r.Received, r.Delivered = stats.Appended, stats.Acked
		r.High, r.Paused = stats.High, stats.Paused
		st.Drop()
		if r.End.Reason != stream.Complete {
			r.Code = endFailure(r.End).code
		}
	}
	r.EndSent = p.out.sent
	r.BytesOut = p.out.bytes.Load()
	r.Duration = time.Since(p.began)
	p.srv.opt.Observer.Ended(r)
	p.seat.Leave() // last: a drain that waits for it must not lose the report
}
