package downstream

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-faster/jx"
)

// modelsRoute is the route of a path below a version's models: one of them, or
// a call of Gemini's API, in the shape of the API whose client asks.
func (s *Server) modelsRoute(r *http.Request, name string) (route, bool) {
	if found, ok := s.geminiRoute(name); ok {
		return found, true
	}
	m := guess(r)
	handle := func(w http.ResponseWriter, r *http.Request) { s.models(w, r, m, name) }
	// a POST is a call, and there is none of that name
	return route{http.MethodGet, handle, m}, name == "" || r.Method != http.MethodPost
}

// models serves the list of models, which are the configured ones, or one that
// can be called.
func (s *Server) models(w http.ResponseWriter, r *http.Request, m *manner, name string) {
	m.identify(w.Header(), rand.Text())
	_, f := s.authorize(r, m)
	if f == nil && name != "" && !s.opt.AnyModel && !slices.Contains(s.opt.Models, name) {
		f = &failure{
			status: http.StatusNotFound, kind: invalidRequest, code: "model_not_found", param: "model", as: m,
			message: "There is no model " + clip(name) + " here.",
		}
	}
	if f != nil {
		f.write(w)
		return
	}
	var e jx.Encoder
	if name == "" {
		m.models(&e, s.opt.Models)
	} else {
		m.model(&e, name)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(e.Bytes())))
	_, _ = w.Write(e.Bytes())
}
