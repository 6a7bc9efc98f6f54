package downstream

import (
	"net/http"
	"strings"

	"tidegate/stream"
)

// route is what serves a path.
type route struct {
	methods string // as Allow says them (RFC 9110 section 10.2.1)
	handle  http.HandlerFunc
	manner  *manner
}

func (o route) allows(method string) bool {
	for _, allowed := range strings.Split(o.methods, ", ") {
		if allowed == method {
			return true
		}
	}
	return false
}

// fixedRoutes are those of paths that are always the same.
func (s *Server) fixedRoutes() map[string]route {
	post := func(api stream.API) route { return route{http.MethodPost, s.call(api), mannerOf(api)} }
	return map[string]route{
		"/v1/chat/completions":      post(stream.ChatCompletions),
		"/v1/completions":           post(stream.Completions),
		"/v1/embeddings":            post(stream.Embeddings),
		responsesPath:               post(stream.Responses),
		"/v1/messages":              post(stream.Messages),
		"/v1/messages/count_tokens": post(stream.CountMessages),
		"/v1/ws":                    {http.MethodGet, s.ws, openaiManner},
		"/v1/tickets":               {http.MethodPost, s.ticket, openaiManner},
		streamsPath:                 {http.MethodPost, s.openStream, openaiManner},
	}
}

// route finds what serves a request's path.
func (s *Server) route(r *http.Request) (route, bool) {
	path := r.URL.Path
	if found, ok := s.routes[path]; ok {
		return found, true
	}
	if rest, ok := strings.CutPrefix(path, streamsPath+"/"); ok {
		return s.streamRoute(r, rest)
	}
	if rest, ok := strings.CutPrefix(path, responsesPath+"/"); ok {
		return s.responseRoute(rest)
	}
	for _, models := range []string{"/v1/models", "/v1beta/models"} {
		if rest, ok := strings.CutPrefix(path, models); ok && (rest == "" || rest[0] == '/') {
			return s.modelsRoute(r, strings.TrimPrefix(rest, "/"))
		}
	}
	return route{}, false
}

// serve404 and serve405 answer requests that no route takes.
func serve404(w http.ResponseWriter, r *http.Request) {
	f := &failure{
		status: http.StatusNotFound, kind: invalidRequest, code: "unknown_path", as: guess(r),
		message: "There is nothing at " + clip(r.URL.Path) +
			". The base URL ends in /v1 for OpenAI's SDKs, and has no path for Anthropic's and Google's: is the client's right?",
	}
	f.write(w)
}

func serve405(w http.ResponseWriter, r *http.Request, o route) {
	f := &failure{
		status: http.StatusMethodNotAllowed, kind: invalidRequest, code: "method_not_allowed", as: o.manner,
		message: clip(r.URL.Path) + " takes " + o.methods + ".",
		header:  map[string]string{"Allow": o.methods},
	}
	f.write(w)
}

// guess is the manner in which a client would like to be spoken to that asks
// for what several APIs have, or none.
func guess(r *http.Request) *manner {
	switch {
	case strings.HasPrefix(r.URL.Path, "/v1beta"):
		return geminiManner
	case strings.HasPrefix(r.URL.Path, "/v1/messages"), r.Header.Get("Anthropic-Version") != "":
		return anthropicManner
	case r.Header.Get("X-Goog-Api-Key") != "", r.URL.Query().Has("key"):
		return geminiManner
	}
	return openaiManner
}
