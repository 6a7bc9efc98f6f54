package downstream

import (
	"crypto/rand"
	"net/http"
	"strconv"

	"github.com/go-faster/jx"
)

// models serves GET /v1/models: the configured models, as OpenAI lists its
// own (platform.openai.com/docs/api-reference/models/list).
func (s *Server) models(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Request-Id", rand.Text())
	if _, f := s.authorize(r); f != nil {
		f.write(w)
		return
	}
	var e jx.Encoder
	e.ObjStart()
	e.FieldStart("object")
	e.Str("list")
	e.FieldStart("data")
	e.ArrStart()
	for _, name := range s.opt.Models {
		e.ObjStart()
		e.FieldStart("id")
		e.Str(name)
		e.FieldStart("object")
		e.Str("model")
		e.FieldStart("created")
		e.Int(0)
		e.FieldStart("owned_by")
		e.Str("tidegate")
		e.ObjEnd()
	}
	e.ArrEnd()
	e.ObjEnd()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(e.Bytes())))
	_, _ = w.Write(e.Bytes())
}
