// Package dialect knows what the events of a provider's API mean, as far as
// telling a whole answer from a part needs it. One file per API.
package dialect

import (
	"bytes"

	"github.com/go-faster/jx"
)

// Verdict is what an event means for its stream.
type Verdict uint8

// The verdicts.
const (
	Progress Verdict = iota // part of the answer
	Finish                  // part of the answer, and it says that a choice is finished: nearly an end
	Marker                  // the end marker: the answer is whole. Not itself part of it
	Error                   // the provider failed and says so
)

// OpenAI judges the events of OpenAI's Chat Completions and Completions
// APIs, and of the many that speak them. Streams end with `data: [DONE]`
// (platform.openai.com/docs/api-reference/chat-streaming). An error is an
// object with a member "error", alone or, at some speakers, beside an
// otherwise ordinary chunk; some send "error":null with every chunk.
type OpenAI struct{}

var (
	done       = []byte("[DONE]")
	errorKey   = []byte(`"error"`)
	finishKey  = []byte(`"finish_reason":"`)
	finishKey2 = []byte(`"finish_reason": "`)
)

// Judge says what an event's data means. It does not allocate for an event
// that is Progress.
func (OpenAI) Judge(data []byte) Verdict {
	switch {
	case bytes.Equal(data, done):
		return Marker
	case bytes.Contains(data, errorKey) && hasError(data):
		return Error
	case bytes.Contains(data, finishKey) || bytes.Contains(data, finishKey2):
		return Finish
	}
	return Progress
}

// hasError says whether data is an object with a member "error" that says
// something. The same bytes may stand in the answer's text.
func hasError(data []byte) bool {
	found := false
	d := jx.DecodeBytes(data)
	err := d.ObjBytes(func(d *jx.Decoder, key []byte) error {
		if string(key) != "error" {
			return d.Skip()
		}
		switch d.Next() {
		case jx.Null, jx.Bool:
			return d.Skip()
		case jx.String:
			s, err := d.StrBytes()
			found = len(s) > 0
			return err
		}
		found = true
		return d.Skip()
	})
	return err == nil && found
}
