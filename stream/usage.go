package stream

// Usage is what a call has used, in tokens, as far as the provider has said.
// The zero value is "it has said nothing".
type Usage struct {
	Input     int64 // of the request, cached ones included
	Output    int64 // of the answer, reasoning included
	Cached    int64 // of Input: read from the provider's cache
	Reasoning int64 // of Output: thought, not said
	// Estimated is true where the provider had not said Output when the stream
	// ended, so that it was reckoned from the events that came.
	Estimated bool
}

// Known says whether anything is.
func (u Usage) Known() bool { return u != Usage{} }
