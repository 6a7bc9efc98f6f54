package downstream

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"tidegate/internal/auth"
	"tidegate/stream"
)

// exchange is one call under way.
type exchange struct {
	srv     *Server
	call    *stream.Call
	manner  *manner
	who     auth.Principal
	began   time.Time
	seat    *stream.Seat
	release func() // gives back what the request's body holds; once

	cors http.Header // what lets a page of another origin read the answer; nil: nothing

	ctx    context.Context // the provider's call
	cancel context.CancelCauseFunc
	tell   atomic.Pointer[func(stream.End)] // how the stream is ended before its time, once there is one
}

var (
	errClientGone = errors.New("downstream: the client has gone")
	errShutdown   = errors.New("downstream: the gateway is shutting down")
)

// onTold says how to end the stream when the gateway wants it to.
func (x *exchange) onTold(tell func(stream.End)) {
	x.tell.Store(&tell)
	if context.Cause(x.ctx) == errShutdown {
		tell(shutdownEnd)
	}
}

// told is called when the gateway wants the call to end.
func (x *exchange) told(end stream.End) {
	x.cancel(errShutdown)
	if tell := x.tell.Load(); tell != nil {
		(*tell)(end)
	}
}

// sitDown takes a seat for the call.
func (x *exchange) sitDown() *failure {
	seat, err := x.srv.opt.Registry.Take(x.told)
	switch {
	case err == nil:
		x.seat = seat
		return nil
	case errors.Is(err, stream.ErrDraining):
		return draining()
	}
	return &failure{
		status: http.StatusServiceUnavailable, kind: gatewayFailure, code: "overloaded", retry: time.Second,
		message: "The gateway has as many calls under way as it may. Try again.",
	}
}

// letGo frees what only the provider had to know: a stream may be long.
func (x *exchange) letGo() {
	x.release()
	x.call.Body, x.call.Header, x.call.Credential = nil, nil, ""
}

// whole serves a call that is answered in one piece.
func (x *exchange) whole(w http.ResponseWriter) {
	defer x.cancel(nil)
	defer x.seat.Leave()
	report := x.reportOf()
	defer func() {
		report.Duration = time.Since(x.began)
		x.srv.opt.Observer.Ended(report)
	}()
	answer, err := x.srv.opt.Opener.Open(x.ctx, x.call)
	x.release()
	if err != nil {
		if f := x.refused(err, report); f != nil {
			x.ownHeader(w.Header())
			f.write(w)
		}
		return
	}
	defer answer.Body.Close()
	answered(report, answer)
	h := w.Header()
	x.answerHeader(h, answer)
	w.WriteHeader(answer.Status)
	report.BytesOut, err = copyBody(w, answer.Body)
	switch {
	case err == nil && answer.Status < 400:
		report.End.Reason = stream.Complete
		if answer.Usage != nil {
			report.Usage = answer.Usage()
		}
	case err == nil:
		report.End.Reason, report.Code = stream.UpstreamError, "upstream_status"
	default:
		report.End = x.brokenOff()
		report.Code = string(report.End.Reason)
		panic(http.ErrAbortHandler) // so that nobody takes it for a whole answer
	}
}

// brokenOff is the end of an answer whose body did not come through.
func (x *exchange) brokenOff() stream.End {
	switch context.Cause(x.ctx) {
	case errClientGone, context.Canceled: // the latter is net/http's word for it
		return stream.End{Reason: stream.Cancelled}
	case errShutdown:
		return stream.End{Reason: stream.Shutdown}
	}
	return stream.End{Reason: stream.UpstreamTruncated, Cause: stream.CauseCut}
}

func copyBody(w io.Writer, body io.Reader) (int64, error) {
	page := copyPages.Get().(*[]byte)
	defer copyPages.Put(page)
	return io.CopyBuffer(struct{ io.Writer }{w}, body, *page)
}

// refused is the failure that a call not answered comes to; nil when there is
// nobody left to tell.
func (x *exchange) refused(err error, report *stream.Report) *failure {
	var refusal *stream.Refusal
	if errors.As(err, &refusal) {
		report.Provider, report.Model, report.Tries = refusal.Provider, refusal.Model, refusal.Tries
	}
	var f *failure
	switch context.Cause(x.ctx) {
	case errClientGone, context.Canceled:
		report.End.Reason = stream.Cancelled
		return nil
	case errShutdown:
		report.End.Reason = stream.Shutdown
		f = draining()
	default:
		f = failureOf(err)
		report.End.Reason = stream.UpstreamError
		if f.status == http.StatusGatewayTimeout {
			report.End.Reason = stream.UpstreamStalled
		}
		if refusal != nil && (refusal.Provider == "" || refusal.Status < 500) {
			report.End.Reason = "" // no provider's doing
		}
	}
	f.as = x.manner
	if report.Provider != "" {
		f.header = map[string]string{"X-Tidegate-Provider": report.Provider}
	}
	report.Status, report.Code = f.status, f.code
	return f
}

func (x *exchange) reportOf() *stream.Report {
	return &stream.Report{
		ID: x.call.ID, API: x.call.API, Principal: x.who.Name, Streamed: x.call.Stream,
	}
}

// answered notes who has answered.
func answered(report *stream.Report, answer *stream.Answer) {
	report.Provider, report.Model, report.Status = answer.Provider, answer.Model, answer.Status
	report.Tries = answer.Tries
}

// ownHeader is what every answer's header has.
func (x *exchange) ownHeader(h http.Header) {
	x.manner.identify(h, x.call.ID)
	h["X-Tidegate-Stream"] = []string{x.call.ID}
	for name, values := range x.cors {
		h[name] = values
	}
}

// answerHeader is what every answered call's header has.
func (x *exchange) answerHeader(h http.Header, answer *stream.Answer) {
	x.ownHeader(h)
	for name, values := range answer.Header {
		h[name] = values
	}
	h["X-Tidegate-Provider"] = []string{answer.Provider}
}

func draining() *failure {
	return &failure{
		status: http.StatusServiceUnavailable, kind: gatewayFailure, code: string(stream.Shutdown), retry: time.Second,
		message: "The gateway is shutting down. Try again: another one may answer.",
	}
}
