package downstream

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tidegate/internal/auth"
)

// enter says who comes to a stream, or why nobody may. Browsers can set no
// header on a WebSocket or an EventSource, so they come with a ticket, and
// with an Origin that is allowed: without that check any page could use what
// its visitor may use.
func (s *Server) enter(r *http.Request, ticket string) (auth.Principal, *failure) {
	if h := r.Header; h.Get("Authorization") != "" || h.Get("X-Api-Key") != "" || h.Get("X-Goog-Api-Key") != "" {
		return s.authorize(r, openaiManner) // no browser sends these unasked
	}
	if !s.allowed(r) {
		return auth.Principal{}, foreignPage()
	}
	if ticket != "" {
		return s.tickets.redeem(ticket)
	}
	return s.authorize(r, openaiManner)
}

// foreignPage refuses what a page may do in its visitor's name.
func foreignPage() *failure {
	return &failure{
		status: http.StatusForbidden, kind: authFailure, code: "origin_not_allowed",
		message: "Requests without a key need an Origin that is allowed: list it in origins.",
	}
}

// allowed says whether the request's Origin (RFC 6454 section 7) may come
// without a key. A missing one is not an allowed one; but browsers leave it out
// of a page's plain requests to its own origin, and say so elsewhere, where no
// page can (w3c.github.io/webappsec-fetch-metadata, Sec-Fetch-Site).
func (s *Server) allowed(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if slices.Contains(s.opt.Origins, "*") || origin != "" && slices.Contains(s.opt.Origins, origin) {
		return true
	}
	if origin == "" && r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		origin = "http://" + r.Host
	}
	u, err := url.Parse(origin)
	return err == nil && origin != "" && strings.EqualFold(u.Host, r.Host) && literal(u.Hostname())
}

// literal says whether a host's name is an address, or localhost. Any other
// name may be made to point here by whoever owns it: that it is the same as
// the request's Host proves nothing.
func literal(host string) bool {
	return host == "localhost" || net.ParseIP(host) != nil
}

// cors lets pages of listed origins read answers (fetch.spec.whatwg.org, HTTP
// CORS protocol). It reports whether the request is answered.
func (s *Server) cors(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || !slices.Contains(s.opt.Origins, origin) && !slices.Contains(s.opt.Origins, "*") {
		return false
	}
	h := w.Header()
	for name, values := range corsHeader(origin) {
		h[name] = values
	}
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
	h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// corsHeader is what a response to a listed origin has.
func corsHeader(origin string) http.Header {
	return http.Header{
		"Access-Control-Allow-Origin":   {origin},
		"Access-Control-Expose-Headers": {"X-Request-Id, Request-Id, X-Tidegate-Stream, X-Tidegate-Provider, Retry-After"},
		"Vary":                          {"Origin"},
	}
}
