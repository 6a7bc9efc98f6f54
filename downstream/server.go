package downstream

import (
	"context"
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
	AnyModel bool             // calls for other models are served, too
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

// New makes a server.
func New(o Options) (*Server, error) {
	gone, err := newWatcher()
	if err != nil {
		return nil, err
	}
	s := &Server{opt: o, bodies: semaphore.NewWeighted(o.MaxBodies), gone: gone, lives: newLives(o.Retained), tickets: newTickets()}
	s.routes = s.fixedRoutes()
	s.http = &http.Server{
		Handler:           s,
		ConnContext:       func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
		ReadHeaderTimeout: o.HeaderTimeout,
		ReadTimeout:       o.HeaderTimeout + o.BodyTimeout, // of header and body together
		IdleTimeout:       o.IdleTimeout,
		MaxHeaderBytes:    o.MaxHeader,
		ErrorLog:          newServerLog(o.Log),
	}
	return s, nil
}

// Serve serves connections of l until Shutdown or Close, and returns nil
// then.
func (s *Server) Serve(l net.Listener) error {
	own := newListener(l, s.opt.MaxConns, s.opt.HeaderTimeout, s.opt.IdleTimeout)
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
	if s.cors(w, r) {
		return
	}
	route, ok := s.route(r)
	switch {
	case !ok && s.isWeb(r):
		s.opt.Web.ServeHTTP(w, r)
	case !ok:
		serve404(w, r)
	case !route.allows(r.Method):
		serve405(w, r, route)
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
func (s *Server) authorize(r *http.Request, m *manner) (auth.Principal, *failure) {
	who, err := s.opt.Keys.CheckQuery(r.Header, m.queryKey(r))
	if err == nil {
		if who.Name == auth.Anonymous && r.Header.Get("Origin") != "" && !s.allowed(r) {
			f := foreignPage() // a browser lets any page send this much
			f.as = m
			return who, f
		}
		return who, nil
	}
	f := &failure{
		status: http.StatusUnauthorized, kind: authFailure, code: "invalid_api_key", as: m,
		message: "The key is not known to this gateway. It takes its own keys, not the provider's.",
		header:  map[string]string{"WWW-Authenticate": "Bearer"},
	}
	switch {
	case errors.Is(err, auth.ErrMissing):
		f.message = "This gateway asks for a key: send Authorization: Bearer KEY, x-api-key: KEY or x-goog-api-key: KEY."
	case errors.Is(err, auth.ErrMalformed):
		f.message = "The Authorization header has to be: Bearer KEY."
	case errors.Is(err, auth.ErrConflict):
		f.message = "The request carries two different keys."
	}
	return who, f
}
