package stream

import (
	"context"
	"io"
	"time"
)

// API is which of a provider's APIs a call speaks.
type API string

// The APIs.
const (
	ChatCompletions API = "chat.completions"
	Completions     API = "completions"
	Embeddings      API = "embeddings"
	Responses       API = "responses"       // OpenAI's Responses
	Response        API = "response"        // a stored one, by its id: get, cancel, delete
	Messages        API = "messages"        // Anthropic's Messages
	CountMessages   API = "messages.count"  // tokens that a message would use
	GenerateContent API = "generateContent" // Gemini's, streamed or whole
	CountContent    API = "countTokens"     // Gemini's
)

// Call is one request to a model, read whole and understood as far as
// routing needs.
type Call struct {
	ID    string // of the call and its stream; unguessable
	API   API
	Model string // as the client named it
	// Body is the request exactly as the client sent it, a JSON object, and
	// ModelAt where in it the model's name stands, quotes included.
	Body    []byte
	ModelAt [2]int
	Stream  bool // the client asked for events

	// Method and Path are of a call that is passed on by its path, such as
	// "GET" and "/resp_1/input_items?limit=5" of Response; empty otherwise.
	Method, Path string
	// Header are the request's headers that belong to the API and not to the
	// connection or the caller's credentials, such as Anthropic-Version and
	// Openai-Beta.
	Header map[string][]string
	// Principal is who calls.
	Principal string
	// Credential is the client's own key, for providers that are configured to
	// be called with it; empty: it sent none.
	Credential string
}

// Opener makes calls. Package upstream has the one in use. Safe for
// concurrent use.
type Opener interface {
	// Open sends the call to the provider that its model stands for. It
	// returns once the provider has refused or answered; of a stream, once
	// its first event has been received. When ctx is cancelled, at any time,
	// the provider's call is cancelled too, also after Open has returned.
	//
	// The error is a *Refusal, or ctx's own.
	Open(ctx context.Context, call *Call) (*Answer, error)
}

// Answer is what a provider said to a call.
type Answer struct {
	Provider string              // as configured
	Model    string              // as configured: a name, or "*"
	Status   int                 // HTTP status
	Header   map[string][]string // the provider's headers that are for the client
	// Source is the stream of events; nil when the answer is whole, or an
	// error: then it is in Body, of Length bytes, -1 if not known. Whichever
	// it is has to be closed.
	Source Source
	Body   io.ReadCloser
	Length int64
	// Usage is what a whole answer says that it used. It may be called once
	// Body has been read to its end. Nil where there is Source.
	Usage func() Usage
	// Tries is how many calls were made to providers, this one included.
	Tries int
	// Failed are the targets that did not answer before this one did, in their
	// order.
	Failed []Try
}

// Try is a target of a route that did not answer a call, for logs. It holds
// nothing that the provider or the client has said.
type Try struct {
	Provider string // as configured
	Outcome  string // one of upstream.Outcomes
	Cause    Cause  // why it could not be reached, or the HTTP status of its error; empty: not known
}

// Source is a provider's stream of events, its first one already received.
type Source interface {
	// Pump appends the events to s, in the calling goroutine, until the
	// provider ends or s has ended, and returns the provider's end of it.
	// It does not end s.
	Pump(s *Stream) End
	// Close gives the provider's connection back when the provider has
	// finished, and cuts it otherwise.
	Close()
}

// Refusal is a call that was answered with an error which is not the
// provider's own words.
type Refusal struct {
	Status     int    // HTTP status that fits
	Code       string // short and stable, for programs
	Message    string // for a person: what is wrong, and what to do about it
	Param      string // the request's field that is wrong, if one is
	RetryAfter time.Duration
	Provider   string // empty: refused before a provider was chosen
	Model      string
	Tries      int   // calls that were made to providers
	Cause      Cause // of a connection that failed; empty: none did
	Failed     []Try // all targets that did not answer, in their order
	Err        error // what is behind it, for logs
}

func (r *Refusal) Error() string { return r.Message }

// Unwrap returns what is behind the refusal.
func (r *Refusal) Unwrap() error { return r.Err }

// Report is a call's figures at its end: one log line, and metrics.
type Report struct {
	ID        string
	API       API
	Principal string // who called
	Provider  string // as configured; empty: none was chosen
	Model     string // as configured
	Asked     string // the model as the client named it, of any length; empty: not known
	Streamed  bool
	Status    int    // HTTP status that the client got; 0: none, it had gone
	End       End    // of a stream, or of the call where there was none
	Code      string // of the refusal or of the error in the stream
	Received  uint64 // events from the provider
	Delivered uint64 // events written to the client
	EndSent   bool   // the client was sent the stream's end, so Delivered has to be Received
	BytesOut  int64  // bytes written to the client, framing included
	High      int    // most bytes the buffer held
	Paused    time.Duration
	Usage     Usage
	Tries     int           // calls made to providers, the one that answered included
	Failed    []Try         // the targets that did not answer
	First     time.Duration // from the call to the provider's first event; 0: none came
	Duration  time.Duration
}

// Observer is told of calls, for metrics and logs. Safe for concurrent use,
// fast, never blocking.
type Observer interface {
	// Meter is asked once per stream.
	Meter(provider, model string) Meter
	// Ended is called once per call.
	Ended(*Report)
}
