package provider

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"time"
)

// What an endpoint returns when it did not finish. Any other error means that
// the caller or the server went away.
var (
	errRefused = errors.New("provider: refused")           // an error was answered
	errPlayed  = errors.New("provider: fault played")      // and the body ended cleanly
	errBreak   = errors.New("provider: break the stream")  // scripted
	errReset   = errors.New("provider: reset the network") // scripted
	errClosed  = errors.New("provider: server closed")     // cause of the context at Close
)

// exchange is one request and its answer in the making. One goroutine uses it.
type exchange struct {
	provider *Provider
	manner   manner
	w        http.ResponseWriter
	r        *http.Request
	flush    func() error
	ctx      context.Context
	call     *call
	script   Script
	request  request
	pieces   splitter
	timer    *time.Timer // made when first needed
	begun    bool        // body begun
	stored   *response   // that the call makes or its path names; nil where there is none
	method   string      // Gemini's, of the path
	skip     int         // events of the answer that are not wanted
}

// endpoint wraps what is the same for every call: the record, the script, the
// silence and the refusals that come before an answer, and the way it ends.
func (p *Provider) endpoint(m manner, answer func(*exchange) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x := p.begin(w, r)
		x.manner = m
		unwatch := x.watch()
		err := x.prepare()
		if err == nil {
			err = answer(x)
		}
		unwatch()
		x.close(err)
	}
}

func (p *Provider) begin(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{provider: p, w: w, r: r, ctx: r.Context(), flush: http.NewResponseController(w).Flush}
	x.call = &call{Call: Call{
		ID:      rand.Text(),
		Path:    r.URL.Path,
		Proto:   r.Proto,
		Started: time.Now(),
		Header:  r.Header,
		Key:     key(r),
	}}
	started := p.ledger.start(x.call)
	if p.options.OnStart != nil {
		p.options.OnStart(started)
	}
	return x
}

// watch notes the caller's leaving when it happens, whatever the handler is
// doing then. The function it returns ends that, and no watcher is left.
func (x *exchange) watch() (unwatch func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(x.ctx, func() {
		defer close(done)
		x.provider.ledger.update(func() { x.call.Gone = time.Now() })
		// HTTP/1.1 does not end a blocked write when the context does: a
		// caller that closed only its sending half would hold us for ever.
		// A writer without deadlines cannot block, so its error is nothing.
		_ = http.NewResponseController(x.w).SetWriteDeadline(time.Now())
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}

// close puts the end on record, then makes it happen: a test that sees the
// stream break can read why.
func (x *exchange) close(err error) {
	how := Cancelled
	switch {
	case err == nil:
		how = Finished
	case errors.Is(err, errRefused):
		how = Refused
	case errors.Is(err, errPlayed), errors.Is(err, errBreak), errors.Is(err, errReset):
		how = Faulted
	case errors.Is(context.Cause(x.ctx), errClosed):
		how = Closed
	}
	if x.timer != nil {
		x.timer.Stop()
	}
	ended := x.provider.ledger.end(x.call, how)
	if x.provider.options.OnEnd != nil {
		x.provider.options.OnEnd(ended)
	}
	if errors.Is(err, errReset) {
		reset(x.ctx)
	}
	if how == Cancelled || how == Closed || errors.Is(err, errBreak) || errors.Is(err, errReset) {
		// Returning would end the body cleanly, and a caller that still
		// reads would take it for whole.
		panic(http.ErrAbortHandler)
	}
}

func (x *exchange) modelJSON() string { return quote(x.request.model) }

// promptTokens is a plausible figure, in the usual four bytes a token.
func (x *exchange) promptTokens() int { return int(x.call.BodySize)/4 + 1 }
