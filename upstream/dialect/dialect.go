// Package dialect knows what the events of a provider's API mean: how a stream
// ends and what is only nearly an end, how an error is said, where usage
// stands, what is a heartbeat, where a call goes and how it is authenticated.
// It changes no payload. docs/providers.md tells all of it to people.
//
// A dialect is a file, with a judge for each kind of stream that it has: see
// [OpenAI], [Anthropic] and [Gemini].
package dialect

import (
	"net/http"

	"tidegate/stream"
)

// Dialect is one provider's way to speak. Stateless and safe for concurrent
// use.
type Dialect interface {
	// Speaks says whether the dialect has an API.
	Speaks(api stream.API) bool
	// Path is where a call goes, appended to the provider's base URL, with its
	// query: "/chat/completions". It is escaped as it has to be sent. model is
	// the provider's name for the model.
	Path(call *stream.Call, model string) string
	// Authenticate sets the header that carries a key, if that is not empty,
	// and what the API wants of every request and h does not have yet. A
	// client's own headers are set after it, so that they win.
	Authenticate(h http.Header, key string)
	// Forwards says whether a client's header belongs to the API and goes to
	// the provider. name is canonical. own: the call is made with the client's
	// own key, so that headers which name its account fit that key.
	Forwards(name string, own bool) bool
	// Judge begins to read a stream of an API.
	Judge(api stream.API) Judge
	// EndsByFinish says that an API's streams have no end marker: one is whole
	// when its body has ended well after Judge.Finished.
	EndsByFinish(api stream.API) bool
	// Failed says whether a whole body, or the data of a stream's first event,
	// is an error, and the HTTP status that it asks for; 0 where it asks for
	// none.
	Failed(body []byte) (status int, failed bool)
	// Usage reads the usage of a whole answer.
	Usage(body []byte) stream.Usage
}

// Judge reads one stream, event by event, and says what each means for it. For
// one goroutine.
type Judge interface {
	// Event judges the stream's next event. It does not keep the event's
	// memory, and does not allocate for one that is Progress, but for the copy
	// of one that a judge holds. It may be asked about events behind the end,
	// too: OpenAI sends response.failed behind an error event, some speakers
	// [DONE] behind response.completed.
	Event(ev stream.Event) Verdict
	// Asked says how many choices the request asks for, as [Choices] reads it:
	// fewer are not all. It is for before the first event, and where the
	// answer's having finished may be its end.
	Asked(choices int)
	// Finished says that the answer has said that it is finished, as by a
	// finish_reason for each of its choices. That is nearly an end, and an end
	// only where the dialect or the provider has no marker.
	Finished() bool
	// Usage is what the stream has said of its usage so far. Where it has not
	// said Output yet, that is reckoned from the events that came, and
	// Estimated.
	Usage() stream.Usage
}

// Verdict is what an event means for its stream.
type Verdict uint8

// The verdicts. Marker, Foreign and Void are not passed on.
const (
	Progress  Verdict = iota // the model speaks: text, a tool call, reasoning that is shown
	Step                     // the answer goes on, and nothing is said: the model may think for long behind it
	Heartbeat                // passed on, and no progress: the provider lives, the answer does not go on
	Tally                    // usage and nothing else, as include_usage asks for; no progress either
	Marker                   // the end: the answer is whole. Not itself part of it
	Last                     // the end: the answer is whole, and this is its last event
	Error                    // the provider failed and says so as the API does
	Failed                   // it failed and says so in a way that the API's clients don't know
	Foreign                  // it failed, in what is no event of the API, or one that clients take for a whole answer's
	Void                     // the end marker of another API, which means nothing here
)

// Names are the dialects' names in the configuration.
var Names = []string{"openai", "anthropic", "gemini"}

// APIs are what the dialects speak, each by one.
var APIs = []stream.API{
	stream.ChatCompletions, stream.Completions, stream.Embeddings, stream.Responses, stream.Response,
	stream.Messages, stream.CountMessages, stream.GenerateContent, stream.CountContent,
}

// ByName gives the dialect of that name.
func ByName(name string) (Dialect, bool) {
	switch name {
	case "openai":
		return OpenAI{}, true
	case "anthropic":
		return Anthropic{}, true
	case "gemini":
		return Gemini{}, true
	}
	return nil, false
}
