// Package dialect knows what the events of a provider's API mean: how a stream
// ends and what is only nearly an end, how an error is said, where usage
// stands, what is a heartbeat, where a call goes and how it is authenticated.
// One file per dialect. It changes no payload.
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
	// query: "/chat/completions". model is the provider's name for the model.
	Path(call *stream.Call, model string) string
	// Authenticate sets the header that carries a provider's key.
	Authenticate(h http.Header, key string)
	// Judge begins to read a stream of an API.
	Judge(api stream.API) Judge
	// Failed says whether a whole body is an error, and the HTTP status that it
	// asks for; 0 where it asks for none.
	Failed(body []byte) (status int, failed bool)
	// Usage reads the usage of a whole answer.
	Usage(body []byte) stream.Usage
}

// Judge reads one stream, event by event, and says what each means for it. For
// one goroutine.
type Judge interface {
	// Event judges the stream's next event. It keeps nothing of it, and does
	// not allocate for one that is Progress.
	Event(ev stream.Event) Verdict
	// Finished says that the answer has said that it is finished, as by a
	// finish_reason for each of its choices. That is nearly an end, and an end
	// only where the dialect or the provider has no marker.
	Finished() bool
	// Usage is what the stream has said of its usage so far.
	Usage() stream.Usage
}

// Verdict is what an event means for its stream.
type Verdict uint8

// The verdicts. Of these only Marker is not passed on.
const (
	Progress  Verdict = iota // part of the answer
	Heartbeat                // passed on, and no progress: the answer does not go on
	Tally                    // usage and nothing else, as include_usage asks for
	Marker                   // the end: the answer is whole. Not itself part of it
	Last                     // the end: the answer is whole, and this is its last event
	Error                    // the provider failed and says so
)
