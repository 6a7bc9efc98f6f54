package downstream

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"tidegate/internal/auth"
	"tidegate/stream"
)

// Options configure a Server. All fields are required unless said otherwise.
type Options struct {
	Opener   stream.Opener    // makes the calls
	Models   []string         // for GET /v1/models
	Keys     *auth.Keys       // who may call
	Registry *stream.Registry // admits calls
	Pages    *stream.Pages    // lends the streams' buffers
	Observer stream.Observer  // metrics and logs
	Log      *slog.Logger     // what has no call of its own
	Web      http.Handler     // for GET and HEAD of paths outside /v1; may be nil

	Origins       []string      // whence browsers may come, besides the gateway's own pages; "*" is anywhere
	Retain        time.Duration // how long a resumable stream can be read after its end
	Retained      int           // how many of them at once
	PerConn       int           // streams at once on one WebSocket connection
	KeepAlive     time.Duration // the heartbeats' interval and the stall clock's limit
	HeaderTimeout time.Duration // for a request's header
	BodyTimeout   time.Duration // for a request's body, besides what its header has left of HeaderTimeout
	IdleTimeout   time.Duration // for a connection between requests
	MaxHeader     int           // a request's header, bytes
	MaxBody       int64         // a request's body, bytes
	MaxBodies     int64         // all requests' bodies held at once, bytes
	MaxConns      int           // clients' connections at once
}

// Server serves clients. Its methods are safe for concurrent use.
type Server struct {
	opt      Options
	http     *http.Server
	bodies   *semaphore.Weighted
	held     atomic.Int64 // of bodies
	routes   map[string]route
	gone     *watcher
	lives    *lives
	sessions sessions
	tickets  *tickets

	mu       sync.Mutex
	listener *listener
}

type route struct {
	method string
	handle http.HandlerFunc
}

// New makes a server.
func New(o Options) (*Server, error) {
	gone, err := newWatcher()
	if err != nil {
		return nil, err
	}
	s := &Server{opt: o, bodies: semaphore.NewWeighted(o.MaxBodies), gone: gone, lives: newLives(o.Retained), tickets: newTickets()}
	s.routes = map[string]route{
		"/v1/chat/completions": {http.MethodPost, s.call(stream.ChatCompletions)},
		"/v1/completions":      {http.MethodPost, s.call(stream.Completions)},
		"/v1/embeddings":       {http.MethodPost, s.call(stream.Embeddings)},
		"/v1/models":           {http.MethodGet, s.models},
		"/v1/ws":               {http.MethodGet, s.ws},
		"/v1/tickets":          {http.MethodPost, s.ticket},
		"/v1/streams":          {http.MethodPost, s.openStream},
	}
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: o.HeaderTimeout,
		ReadTimeout:       o.HeaderTimeout + o.BodyTimeout, // of header and body together
		IdleTimeout:       o.IdleTimeout,
		MaxHeaderBytes:    o.MaxHeader,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	return s, nil
}

// Serve serves connections of l until Shutdown or Close, and returns nil
// then.
func (s *Server) Serve(l net.Listener) error {
	own := newListener(l, s.opt.MaxConns, s.opt.HeaderTimeout)
	s.mu.Lock()
	s.listener = own
	s.mu.Unlock()
	err := s.http.Serve(own)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close drops everything.
func (s *Server) Close() {
	_ = s.http.Close()
	s.gone.close()
}

// Conns is the number of clients' connections.
func (s *Server) Conns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return 0
	}
	return s.listener.open()
}

// BodiesHeld is how many bytes of request bodies are held.
func (s *Server) BodiesHeld() int64 { return s.held.Load() }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route, ok := s.routes[r.URL.Path]
	if !ok {
		route, ok = s.streamRoute(r)
	}
	if s.cors(w, r) {
		return
	}
	switch {
	case !ok && s.isWeb(r):
		s.opt.Web.ServeHTTP(w, r)
	case !ok:
		(&failure{
			status: http.StatusNotFound, kind: invalidRequest, code: "unknown_path",
			message: "There is nothing at " + clip(r.URL.Path) + ". OpenAI's API is at /v1: is the client's base URL right?",
		}).write(w)
	case r.Method != route.method:
		(&failure{
			status: http.StatusMethodNotAllowed, kind: invalidRequest, code: "method_not_allowed",
			message: r.URL.Path + " takes " + route.method + ".",
			header:  map[string]string{"Allow": route.method},
		}).write(w)
	default:
		route.handle(w, r)
	}
}

// isWeb says whether a request is for a page. A program with a wrong base URL
// sends POST, and has to be told.
func (s *Server) isWeb(r *http.Request) bool {
	return s.opt.Web != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead) && !strings.HasPrefix(r.URL.Path, "/v1")
}

// authorize says who calls, or why nobody may.
func (s *Server) authorize(r *http.Request) (auth.Principal, *failure) {
	who, err := s.opt.Keys.Check(r.Header)
	if err == nil {
		return who, nil
	}
	f := &failure{
		status: http.StatusUnauthorized, kind: authFailure, code: "invalid_api_key",
		message: "The key is not known to this gateway. It takes its own keys, not the provider's.",
		header:  map[string]string{"WWW-Authenticate": "Bearer"},
	}
	switch {
	case errors.Is(err, auth.ErrMissing):
		f.message = "This gateway asks for a key: send Authorization: Bearer KEY, or x-api-key: KEY."
	case errors.Is(err, auth.ErrMalformed):
		f.message = "The Authorization header has to be: Bearer KEY."
	case errors.Is(err, auth.ErrConflict):
		f.message = "The request has two different keys, in Authorization and in x-api-key."
	}
	return who, f
}

// call serves an API's calls.
func (s *Server) call(api stream.API) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		call := &stream.Call{ID: rand.Text(), API: api}
		w.Header().Set("X-Request-Id", call.ID)

		who, f := s.authorize(r)
		var release func()
		if f == nil {
			call.Body, release, f = s.readBody(w, r)
		}
		if f != nil {
			s.refuse(w, call, who, began, f)
			return
		}
		if f = parse(call); f == nil {
			f = fits(r, call)
		}
		if f != nil {
			release()
			s.refuse(w, call, who, began, f)
			return
		}

		x := &exchange{srv: s, call: call, who: who, began: began, release: sync.OnceFunc(release)}
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
			s.refuse(w, call, who, began, f)
			return
		}
		if call.Stream {
			x.stream(w, r)
		} else {
			x.whole(w)
		}
	}
}

// fits says whether this kind of request can be streamed at all.
func fits(r *http.Request, call *stream.Call) *failure {
	switch {
	case !call.Stream:
		return nil
	case call.API == stream.Embeddings:
		return badRequest("invalid_stream", "stream", "Embeddings can't be streamed.")
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
	s.opt.Observer.Ended(&stream.Report{
		ID: call.ID, API: call.API, Principal: who.Name, Streamed: call.Stream,
		Status: f.status, Code: f.code, Duration: time.Since(began),
	})
}
