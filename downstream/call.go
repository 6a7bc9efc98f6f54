package downstream

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"tidegate/internal/auth"
	"tidegate/stream"
)

// call serves an API's calls.
func (s *Server) call(api stream.API) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, &stream.Call{API: api}) }
}

// serve serves a call of which is known what its path says.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, call *stream.Call) {
	began := time.Now()
	m := mannerOf(call.API)
	call.ID = rand.Text()
	m.identify(w.Header(), call.ID)

	who, f := s.authorize(r, m)
	var release func()
	if f == nil {
		call.Body, release, f = s.readBody(w, r)
	}
	if f != nil {
		f.as = m
		s.refuse(w, call, who, began, f)
		return
	}
	if f = understand(call); f == nil {
		f = fits(r, call)
	}
	if f != nil {
		release()
		f.as = m
		s.refuse(w, call, who, began, f)
		return
	}
	callFrom(call, r, m, who)

	x := &exchange{srv: s, call: call, manner: m, who: who, began: began, release: release}
	if origin := w.Header().Get("Access-Control-Allow-Origin"); origin != "" {
		x.cors = corsHeader(origin)
	}
	parent := r.Context() // it ends when the client goes
	if call.Stream {
		parent = context.Background() // that one ends when the connection is taken over
	}
	x.ctx, x.cancel = context.WithCancelCause(parent)
	if f := x.sitDown(); f != nil {
		x.release()
		f.as = m
		s.refuse(w, call, who, began, f)
		return
	}
	if call.Stream {
		x.stream(w, r)
	} else {
		x.whole(w)
	}
}

// understand reads of a call's body what routing needs.
func understand(call *stream.Call) *failure {
	switch call.API {
	case stream.Response:
		return nil
	case stream.GenerateContent, stream.CountContent:
		return parse(call, false)
	}
	return parse(call, true)
}

// callFrom says who calls, and what the provider is to know of it.
func callFrom(call *stream.Call, r *http.Request, m *manner, who auth.Principal) {
	call.Principal = who.Name
	call.Credential = auth.Sent(r.Header, m.queryKey(r))
	call.Header = m.apiHeader(r.Header)
}

// fits says whether this kind of request can be answered as it asks.
func fits(r *http.Request, call *stream.Call) *failure {
	switch {
	case len(call.Path) > maxPath:
		return &failure{
			status: http.StatusRequestURITooLong, kind: invalidRequest, code: "path_too_long",
			message: "The request's path and query are longer than this gateway passes on.",
		}
	case !call.Stream:
		return nil
	case call.API == stream.Embeddings || call.API == stream.CountMessages:
		return badRequest("invalid_stream", "stream", "This can't be streamed.")
	case call.API == stream.GenerateContent && !wantsEvents(r):
		return badRequest("invalid_stream", "alt", "streamGenerateContent needs ?alt=sse here: without it, a cut answer can't be told from a whole one in time.")
	case !r.ProtoAtLeast(1, 1):
		return &failure{
			status: http.StatusHTTPVersionNotSupported, kind: invalidRequest, code: "http_1_0",
			message: "Streaming needs HTTP/1.1: over HTTP/1.0 a cut answer looks like a whole one. For a proxy in front, such as nginx, set proxy_http_version 1.1.",
		}
	}
	return nil
}

// refuse answers a call that never got as far as an exchange.
func (s *Server) refuse(w http.ResponseWriter, call *stream.Call, who auth.Principal, began time.Time, f *failure) {
	f.write(w)
	s.reportRefused(call, who, began, f)
}

// reportRefused reports such a call.
func (s *Server) reportRefused(call *stream.Call, who auth.Principal, began time.Time, f *failure) {
	s.opt.Observer.Ended(&stream.Report{
		ID: call.ID, API: call.API, Principal: who.Name, Asked: call.Model, Streamed: call.Stream,
		Status: f.status, Code: f.code, Duration: time.Since(began),
	})
}
