package dialect

import (
	"net/http"

	"tidegate/stream"
)

// OpenAI is the dialect of OpenAI's APIs, Chat Completions, Completions,
// Embeddings and Responses, and of the many that speak them
// (platform.openai.com/docs/api-reference).
type OpenAI struct{}

// Speaks implements Dialect.
func (OpenAI) Speaks(api stream.API) bool { return openAIPaths[api] != "" }

// Path implements Dialect. A stored response's path stands behind that of all.
func (OpenAI) Path(call *stream.Call, _ string) string {
	path := openAIPaths[call.API]
	if call.API == stream.Response {
		path += call.Path
	}
	return path
}

var openAIPaths = map[stream.API]string{
	stream.ChatCompletions: "/chat/completions",
	stream.Completions:     "/completions",
	stream.Embeddings:      "/embeddings",
	stream.Responses:       "/responses",
	stream.Response:        "/responses",
}

// Authenticate implements Dialect.
func (OpenAI) Authenticate(h http.Header, key string) {
	if key != "" {
		h.Set("Authorization", "Bearer "+key)
	}
}

// Forwards implements Dialect. Organization and project have to be those of
// the key.
func (OpenAI) Forwards(name string, own bool) bool {
	switch name {
	case "Openai-Beta":
		return true
	case "Openai-Organization", "Openai-Project":
		return own
	}
	return false
}

// Judge implements Dialect.
func (OpenAI) Judge(api stream.API) Judge {
	if api == stream.Responses || api == stream.Response {
		return &responsesJudge{}
	}
	return &chatJudge{}
}

// EndsByFinish implements Dialect.
func (OpenAI) EndsByFinish(stream.API) bool { return false }

// Failed implements Dialect.
func (OpenAI) Failed(body []byte) (int, bool) { return failure(body) }

// Usage implements Dialect.
func (OpenAI) Usage(body []byte) stream.Usage { return usageMember(body, "usage", openAIUsage) }
