package client

// Event is one event of a provider's stream. It belongs to the application.
type Event struct {
	Seq  uint64 // its number, from 1
	Name string // as the provider named it, mostly ""
	Data []byte // as the provider sent it; over [JSON] bytes that are no UTF-8 are replaced
}

// End is a stream's one terminal record.
type End struct {
	Seq    uint64 // how many events there were
	Reason string // "complete": the answer is whole; otherwise see docs/protocol.md
	// Code and Message say more where the reason is another one. They are
	// empty otherwise.
	Code, Message string
	// Usage is what the call has used; the zero value says that nothing is known.
	Usage Usage
}

// Usage is what a call has used, in tokens.
type Usage struct {
	Input     int64 // of the request, cached ones included
	Output    int64 // of the answer, reasoning included
	Cached    int64 // of Input: read from the provider's cache
	Reasoning int64 // of Output: thought, not said
	// Estimated is true where the provider had not said Output when the stream
	// ended, so that the gateway has reckoned it.
	Estimated bool
}

// Complete is the reason of a stream whose provider has said that the answer
// is whole.
const Complete = "complete"

// Saved is where a stream stands, for [Client.Resume], in this process or in
// another one.
type Saved struct {
	Stream string `json:"stream"` // its id
	Seq    uint64 `json:"seq"`    // the last event that was applied
	// Epoch makes whoever resumes win over what the consumer that has saved it
	// may still have under way.
	Epoch uint64 `json:"epoch"`
}
