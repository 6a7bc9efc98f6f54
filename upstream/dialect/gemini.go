package dialect

import (
	"net/http"
	"net/url"
	"strings"

	"tidegate/stream"
)

// Gemini is the dialect of Google's Gemini, at its own host and at Vertex AI
// (ai.google.dev/api/generate-content).
type Gemini struct{}

// Speaks implements Dialect.
func (Gemini) Speaks(api stream.API) bool {
	return api == stream.GenerateContent || api == stream.CountContent
}

// Path implements Dialect. A tuned model is named with what stands before it,
// any other with or without.
func (Gemini) Path(call *stream.Call, model string) string {
	folder := "/models/"
	if name, tuned := strings.CutPrefix(model, "tunedModels/"); tuned {
		folder, model = "/tunedModels/", name
	}
	path := folder + url.PathEscape(strings.TrimPrefix(model, "models/"))
	switch {
	case call.API == stream.CountContent:
		return path + ":countTokens"
	case call.Stream:
		return path + ":streamGenerateContent?alt=sse"
	}
	return path + ":generateContent"
}

// Authenticate implements Dialect.
func (Gemini) Authenticate(h http.Header, key string) {
	if key != "" {
		h.Set("X-Goog-Api-Key", key)
	}
}

// Forwards implements Dialect.
func (Gemini) Forwards(name string, own bool) bool { return own && name == "X-Goog-User-Project" }

// Judge implements Dialect.
func (Gemini) Judge(stream.API) Judge { return &contentJudge{} }

// EndsByFinish implements Dialect.
func (Gemini) EndsByFinish(stream.API) bool { return true }

// Failed implements Dialect.
func (Gemini) Failed(body []byte) (int, bool) { return failure(body) }

// Usage implements Dialect.
func (Gemini) Usage(body []byte) stream.Usage {
	return usageMember(body, "usageMetadata", geminiUsage)
}
