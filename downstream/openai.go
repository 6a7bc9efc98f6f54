package downstream

import (
	"net/http"
	"strings"

	"github.com/go-faster/jx"

	"tidegate/stream"
)

// OpenAI's APIs (platform.openai.com/docs/api-reference). tidegate.1 says its
// failures in the same form, whatever API its streams speak.

var openaiHeader = []string{"Openai-Beta", "Openai-Organization", "Openai-Project"}

var openaiManner = &manner{
	failure: appendOpenAI,
	marker:  "[DONE]",
	header:  openaiHeader,
	models:  openaiModels, model: openaiModel,
}

// responsesManner is of the Responses API, whose events have names and
// numbers, and whose last event is its end.
var responsesManner = &manner{
	failure:    appendOpenAI,
	broken:     brokenResponse,
	errorEvent: "error",
	header:     openaiHeader,
	models:     openaiModels, model: openaiModel,
}

// appendOpenAI appends {"error":{...}}.
func appendOpenAI(dst []byte, f *failure) []byte {
	dst = append(dst, `{"error":`...)
	return append(f.appendObject(dst), '}')
}

// brokenResponse appends a ResponseErrorEvent. Its members stand a second time
// in "error", by which OpenAI's SDK for Go tells an error from other events.
func brokenResponse(dst []byte, f *failure, events uint64) []byte {
	var e jx.Encoder
	e.ObjStart()
	e.FieldStart("type")
	e.Str("error")
	e.FieldStart("sequence_number") // from 0
	e.UInt64(events)
	e.FieldStart("code")
	e.Str(f.code)
	e.FieldStart("message")
	e.Str(f.message)
	e.FieldStart("param")
	e.Null()
	e.FieldStart("error")
	e.Raw(f.appendObject(nil))
	e.ObjEnd()
	return append(dst, e.Bytes()...)
}

func openaiModels(e *jx.Encoder, names []string) {
	e.ObjStart()
	e.FieldStart("object")
	e.Str("list")
	e.FieldStart("data")
	e.ArrStart()
	for _, name := range names {
		openaiModel(e, name)
	}
	e.ArrEnd()
	e.ObjEnd()
}

func openaiModel(e *jx.Encoder, name string) {
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

// The path of a stored response, with its query, is passed on to its provider.
const (
	responsesPath = "/v1/responses"
	maxPath       = 2 << 10 // bytes
)

// responseRoute is the route of a path below responsesPath.
func (s *Server) responseRoute(rest string) (route, bool) {
	id, verb, _ := strings.Cut(rest, "/")
	handle := s.stored(rest)
	switch {
	case !isID(id):
	case verb == "" && rest == id:
		return route{"GET, DELETE", handle, responsesManner}, true
	case verb == "input_items":
		return route{http.MethodGet, handle, responsesManner}, true
	case verb == "cancel":
		return route{http.MethodPost, handle, responsesManner}, true
	}
	return route{}, false
}

// isID says whether text can be a response's id. It becomes a part of a path:
// nothing in it may mean anything there.
func isID(text string) bool {
	for _, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return text != ""
}

// stored serves calls about a stored response.
func (s *Server) stored(rest string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		call := &stream.Call{API: stream.Response, Method: r.Method, Path: "/" + rest}
		if r.URL.RawQuery != "" {
			call.Path += "?" + r.URL.RawQuery
		}
		call.Stream = r.Method == http.MethodGet && !strings.Contains(rest, "/") && r.URL.Query().Get("stream") == "true"
		s.serve(w, r, call)
	}
}
