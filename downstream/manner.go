package downstream

import (
	"net/http"

	"github.com/go-faster/jx"

	"tidegate/stream"
)

// manner is how an API speaks to its clients where the gateway itself has
// something to say. Whatever a provider says is passed on as it is.
type manner struct {
	// failure appends a failure as a response's body.
	failure func(dst []byte, f *failure) []byte
	// broken appends a failure as the data of the event that ends a stream
	// which is not whole, where that is another form than failure's. It comes
	// after so many events.
	broken func(dst []byte, f *failure, events uint64) []byte
	// errorEvent is the name of that event, and of a provider's error that
	// can only be passed on as an event.
	errorEvent string
	// marker is the data of the event that ends a whole stream; "": the
	// stream's last event says it itself.
	marker string
	// strict: its SDKs read an event stream in their own way, and fail on a
	// comment or an event of several lines. So there are no heartbeats.
	strict bool
	// requestID is the header, besides X-Request-Id, in which the API's SDKs
	// look for the request's id; "": none.
	requestID string
	// header are a request's headers that belong to the API.
	header []string

	models func(e *jx.Encoder, names []string) // the list of models
	model  func(e *jx.Encoder, name string)    // one of them
}

// mannerOf is an API's.
func mannerOf(api stream.API) *manner {
	switch api {
	case stream.Responses, stream.Response:
		return responsesManner
	case stream.Messages, stream.CountMessages:
		return anthropicManner
	case stream.GenerateContent, stream.CountContent:
		return geminiManner
	case stream.Embeddings, stream.ChatCompletions, stream.Completions:
	}
	return openaiManner
}

// end appends a failure as the data of the event that ends a stream which is
// not whole, after so many events.
func (m *manner) end(dst []byte, f *failure, events uint64) []byte {
	if m.broken != nil {
		return m.broken(dst, f, events)
	}
	return m.failure(dst, f)
}

// identify says the call's id in an answer's header.
func (m *manner) identify(h http.Header, id string) {
	h["X-Request-Id"] = []string{id}
	if m.requestID != "" {
		h[m.requestID] = []string{id}
	}
}

// apiHeader picks those of a request's headers that belong to the API; nil:
// none is there.
func (m *manner) apiHeader(h http.Header) (picked map[string][]string) {
	for _, name := range m.header {
		if values := h[name]; len(values) > 0 {
			if picked == nil {
				picked = map[string][]string{}
			}
			picked[name] = values
		}
	}
	return picked
}

// queryKey is the key in a request's query, where the API takes it there. It is
// a secret, and in no log: nothing here logs a query.
func (m *manner) queryKey(r *http.Request) string {
	if m == geminiManner {
		return r.URL.Query().Get("key")
	}
	return ""
}
