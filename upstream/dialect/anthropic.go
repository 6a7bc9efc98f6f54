package dialect

import (
	"net/http"

	"tidegate/stream"
)

// Anthropic is the dialect of Anthropic's Messages
// (docs.anthropic.com/en/api/messages).
type Anthropic struct{}

// Speaks implements Dialect.
func (Anthropic) Speaks(api stream.API) bool {
	return api == stream.Messages || api == stream.CountMessages
}

// Path implements Dialect.
func (Anthropic) Path(call *stream.Call, _ string) string {
	if call.API == stream.CountMessages {
		return "/messages/count_tokens"
	}
	return "/messages"
}

// Authenticate implements Dialect. A request without a version is refused, so
// it gets the only one there is.
func (Anthropic) Authenticate(h http.Header, key string) {
	if key != "" {
		h.Set("X-Api-Key", key)
	}
	if h.Get("Anthropic-Version") == "" {
		h.Set("Anthropic-Version", "2023-06-01")
	}
}

// Forwards implements Dialect.
func (Anthropic) Forwards(name string, _ bool) bool {
	return name == "Anthropic-Version" || name == "Anthropic-Beta"
}

// Judge implements Dialect.
func (Anthropic) Judge(stream.API) Judge { return &messagesJudge{} }

// EndsByFinish implements Dialect.
func (Anthropic) EndsByFinish(stream.API) bool { return false }

// Failed implements Dialect.
func (Anthropic) Failed(body []byte) (int, bool) { return failure(body) }

// Usage implements Dialect.
func (Anthropic) Usage(body []byte) stream.Usage {
	return usageMember(body, "usage", anthropicUsage)
}
