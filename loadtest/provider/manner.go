package provider

import (
	"fmt"
	"net/http"
	"strconv"
)

// manner is how an API says what has nothing to do with the answer itself.
// Stateless.
type manner interface {
	// header sets what every answer has, an error too.
	header(h http.Header, id string)
	// failure is the body of an error.
	failure(x *exchange, status int, message string) []byte
	// broken is the event by which a stream says that it has failed, as the
	// answer's event seq, and what a speaker sends after it that takes no
	// notice; both whole.
	broken(x *exchange, seq int) (event, after []byte)
	// heartbeat is what comes while there is nothing to say.
	heartbeat(f framing) []byte
}

// broke is the message of every scripted error in a stream.
const broke = "The server had an error while processing your request."

// openAI is the manner of Chat, Completions and Embeddings.
type openAI struct{}

func (openAI) header(h http.Header, id string) {
	h.Set("X-Request-Id", id)
	h.Set("X-Ratelimit-Remaining-Requests", "9999")
}

func (openAI) failure(_ *exchange, status int, message string) []byte {
	kind, code := "invalid_request_error", "null"
	switch {
	case status == http.StatusUnauthorized:
		code = `"invalid_api_key"`
	case status == http.StatusNotFound:
		code = `"model_not_found"`
	case status == http.StatusTooManyRequests:
		kind, code = "requests", `"rate_limit_exceeded"`
	case status >= 500 || status < 400:
		kind = "server_error"
	}
	return fmt.Appendf(nil, `{"error":{"message":%s,"type":%q,"param":null,"code":%s}}`, quote(message), kind, code)
}

func (openAI) broken(x *exchange, _ int) (event, after []byte) {
	f := newFraming(&x.script)
	return f.event(`{"error":{"message":"` + broke + `","type":"server_error","param":null,"code":"scripted_fault"}}`),
		f.event("[DONE]")
}

func (openAI) heartbeat(f framing) []byte { return f.comment() }

// openAIResponses is the manner of Responses.
type openAIResponses struct{ openAI }

func (openAIResponses) broken(x *exchange, seq int) (event, after []byte) {
	f := newFraming(&x.script)
	failed := fmt.Sprintf(`"status":"failed","error":{"code":"server_error","message":"%s (scripted_fault)"}`, broke)
	return f.named("error", fmt.Sprintf(`{"type":"error","code":"scripted_fault","message":"%s","param":null,"sequence_number":%d}`, broke, seq)),
		f.named("response.failed", fmt.Sprintf(`{"type":"response.failed","response":%s,"sequence_number":%d}`, x.made().object(failed, "", "null"), seq+1))
}

// anthropic is the manner of Messages.
type anthropic struct{}

func (anthropic) header(h http.Header, id string) {
	h.Set("Request-Id", id)
	h.Set("Anthropic-Ratelimit-Requests-Remaining", "9999")
}

func (anthropic) failure(x *exchange, status int, message string) []byte {
	kind := "invalid_request_error"
	switch {
	case status == http.StatusUnauthorized:
		kind = "authentication_error"
	case status == http.StatusForbidden:
		kind = "permission_error"
	case status == http.StatusNotFound:
		kind = "not_found_error"
	case status == http.StatusRequestEntityTooLarge:
		kind = "request_too_large"
	case status == http.StatusTooManyRequests:
		kind = "rate_limit_error"
	case status == 529:
		kind = "overloaded_error"
	case status >= 500 || status < 400:
		kind = "api_error"
	}
	return fmt.Appendf(nil, `{"type":"error","error":{"type":%q,"message":%s},"request_id":%q}`, kind, quote(message), x.requestID())
}

func (anthropic) broken(x *exchange, _ int) (event, after []byte) {
	f := newFraming(&x.script)
	return f.named("error", `{"type":"error","error":{"type":"api_error","message":"`+broke+` (scripted_fault)"},"request_id":"`+x.requestID()+`"}`),
		f.named("message_stop", `{"type":"message_stop"}`)
}

func (anthropic) heartbeat(f framing) []byte { return f.named("ping", `{"type":"ping"}`) }

// gemini is the manner of generateContent.
type gemini struct{}

func (gemini) header(http.Header, string) {}

func (gemini) failure(_ *exchange, status int, message string) []byte {
	state := "INVALID_ARGUMENT"
	switch {
	case status == http.StatusUnauthorized:
		state = "UNAUTHENTICATED"
	case status == http.StatusForbidden:
		state = "PERMISSION_DENIED"
	case status == http.StatusNotFound:
		state = "NOT_FOUND"
	case status == http.StatusTooManyRequests:
		state = "RESOURCE_EXHAUSTED"
	case status == http.StatusServiceUnavailable:
		state = "UNAVAILABLE"
	case status == http.StatusGatewayTimeout:
		state = "DEADLINE_EXCEEDED"
	case status >= 500 || status < 400:
		status, state = max(status, http.StatusInternalServerError), "INTERNAL"
	}
	return []byte(`{"error":{"code":` + strconv.Itoa(status) + `,"message":` + quote(message) + `,"status":"` + state + `"}}`)
}

func (gemini) broken(x *exchange, _ int) (event, after []byte) {
	return newFraming(&x.script).event(`{"error":{"code":503,"message":"` + broke + ` (scripted_fault)","status":"UNAVAILABLE"}}`), nil
}

func (gemini) heartbeat(f framing) []byte { return f.comment() }
