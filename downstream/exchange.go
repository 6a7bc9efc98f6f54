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
		f := x.refused(err, report)
		if f == nil {
			serving(x.ctx)
			panic(http.ErrAbortHandler) // else net/http says 200, which a client that closed its side only would read
		}
		x.ownHeader(w.Header())
		f.write(w)
		return
	}
	defer answer.Body.Close()
	answered(report, answer)
	page := copyPages.Get().(*[]byte)
	defer copyPages.Put(page)
	n, err := fill(answer.Body, *page)
	if err != nil && err != io.EOF { // soon enough to say so
		report.End = x.brokenOff()
		f := endFailure(report.End)
		f.status, f.as = http.StatusBadGateway, x.manner
		report.Status, report.Code = f.status, f.code
		x.ownHeader(w.Header())
		w.Header()["X-Tidegate-Provider"] = []string{answer.Provider}
		f.write(w)
		return
	}
	x.answerHeader(w.Header(), answer)
	w.WriteHeader(answer.Status)
	report.BytesOut, err = copyBody(w, answer.Body, *page, n, err == io.EOF)
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
		report.Code = endFailure(report.End).code
		serving(x.ctx)
		panic(http.ErrAbortHandler) // so that nobody takes it for a whole answer
	}
}

// brokenOff is the end of an answer whose body did not come through.
func (x *exchange) brokenOff() stream.End {
	switch context.Cause(x.ctx) {
	case errClientGone, context.Canceled: // the latter is net/http's word for it
		return stream.End{Reason: stream.Cancelled}
	case errShutdown:
		return stream.End{Reason: stream.Shutdown, Message: "the gateway is shutting down"}
	}
	return stream.End{
		Reason: stream.UpstreamTruncated, Cause: stream.CauseCut,
		Message: "the provider closed its connection in the middle of the answer",
	}
}

// fill reads until the page is full or the body ends. An answer that breaks off
// within its first page is no answer: the client gets an error that says so,
// and not the beginning of something.
func fill(body io.Reader, page []byte) (n int, err error) {
	for n < len(page) && err == nil {
		var more int
		more, err = body.Read(page[n:])
		n += more
	}
	return n, err
}

// copyBody writes the n bytes at the beginning of page, and what follows them
// unless that was all.
func copyBody(w io.Writer, body io.Reader, page []byte, n int, all bool) (int64, error) {
	if _, err := w.Write(page[:n]); err != nil || all {
		return int64(n), err
	}
	more, err := io.CopyBuffer(struct{ io.Writer }{w}, body, page)
	return int64(n) + more, err
}

// refused is the failure that a call not answered comes to; nil when there is
// nobody left to tell.
func (x *exchange) refused(err error, report *stream.Report) *failure {
	var refusal *stream.Refusal
	if errors.As(err, &refusal) {
		report.Provider, report.Model, report.Tries = refusal.Provider, refusal.Model, refusal.Tries
		report.Failed = refusal.Failed
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
		if refusal != nil {
			report.End.Cause = refusal.Cause
			if refusal.Provider == "" || refusal.Status < 500 || refusal.Tries == 0 {
				report.End.Reason = "" // no provider's doing
			}
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
		ID: x.call.ID, API: x.call.API, Principal: x.who.Name, Asked: x.call.Model, Streamed: x.call.Stream,
	}
}

// answered notes who has answered.
func answered(report *stream.Report, answer *stream.Answer) {
	report.Provider, report.Model, report.Status = answer.Provider, answer.Model, answer.Status
	report.Tries, report.Failed = answer.Tries, answer.Failed
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
