package downstream

import (
	"net/http"
	"strings"

	"github.com/go-faster/jx"

	"tidegate/stream"
)

// Google's Gemini API (ai.google.dev/api). The model stands in a call's path,
// the method behind it.

var geminiManner = &manner{
	failure: appendGoogle,
	strict:  true,
	header:  []string{"X-Goog-User-Project"},
	models:  geminiModels, model: geminiModel,
}

// googleStatus are the names of statuses (cloud.google.com/apis/design/errors).
var googleStatus = map[int]string{
	http.StatusUnauthorized:        "UNAUTHENTICATED",
	http.StatusForbidden:           "PERMISSION_DENIED",
	http.StatusNotFound:            "NOT_FOUND",
	http.StatusConflict:            "ABORTED",
	http.StatusTooManyRequests:     "RESOURCE_EXHAUSTED",
	statusClientGone:               "CANCELLED",
	http.StatusInternalServerError: "INTERNAL",
	http.StatusGatewayTimeout:      "DEADLINE_EXCEEDED",
}

// appendGoogle appends {"error":{"code":...,"message":...,"status":...}}. The
// gateway's code is the reason of an ErrorInfo (google.aip.dev/193).
func appendGoogle(dst []byte, f *failure) []byte {
	status := googleStatus[f.status]
	switch {
	case status != "":
	case f.status >= 500:
		status = "UNAVAILABLE"
	default:
		status = "INVALID_ARGUMENT"
	}
	var e jx.Encoder
	e.ObjStart()
	e.FieldStart("error")
	e.ObjStart()
	e.FieldStart("code")
	e.Int(f.status)
	e.FieldStart("message")
	e.Str(f.message)
	e.FieldStart("status")
	e.Str(status)
	e.FieldStart("details")
	e.ArrStart()
	e.ObjStart()
	e.FieldStart("@type")
	e.Str("type.googleapis.com/google.rpc.ErrorInfo")
	e.FieldStart("reason")
	e.Str(f.code)
	e.FieldStart("domain")
	e.Str("tidegate")
	if f.param != "" {
		e.FieldStart("metadata")
		e.ObjStart()
		e.FieldStart("param")
		e.Str(f.param)
		e.ObjEnd()
	}
	e.ObjEnd()
	e.ArrEnd()
	e.ObjEnd()
	e.ObjEnd()
	return append(dst, e.Bytes()...)
}

func geminiModels(e *jx.Encoder, names []string) {
	e.ObjStart()
	e.FieldStart("models")
	e.ArrStart()
	for _, name := range names {
		geminiModel(e, name)
	}
	e.ArrEnd()
	e.ObjEnd()
}

func geminiModel(e *jx.Encoder, name string) {
	e.ObjStart()
	e.FieldStart("name")
	e.Str("models/" + name)
	e.FieldStart("displayName")
	e.Str(name)
	e.ObjEnd()
}

// geminiRoute is the route of models/{model}:{method}. A model's name may have
// slashes and colons itself.
func (s *Server) geminiRoute(rest string) (route, bool) {
	i := strings.LastIndexByte(rest, ':')
	if i <= 0 {
		return route{}, false
	}
	call := stream.Call{API: stream.GenerateContent, Model: rest[:i]}
	switch rest[i+1:] {
	case "generateContent":
	case "streamGenerateContent":
		call.Stream = true
	case "countTokens":
		call.API = stream.CountContent
	default:
		return route{}, false
	}
	handle := func(w http.ResponseWriter, r *http.Request) {
		own := call
		s.serve(w, r, &own)
	}
	return route{http.MethodPost, handle, geminiManner}, true
}

// wantsEvents says whether a call of streamGenerateContent asks for an event
// stream. Otherwise it would be a JSON array, which a client can't tell from a
// whole one until its bracket closes.
func wantsEvents(r *http.Request) bool {
	q := r.URL.Query()
	return q.Get("alt") == "sse" || q.Get("$alt") == "sse"
}
