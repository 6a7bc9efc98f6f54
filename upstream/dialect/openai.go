// Package dialect knows what the events of a provider's API mean, as far as
// telling a whole answer from a part needs it. One file per API.
package dialect

import (
	"bytes"
	"encoding/binary"

	"github.com/go-faster/jx"
)

// Verdict is what an event means for its stream.
type Verdict uint8

// The verdicts.
const (
	Progress Verdict = iota // part of the answer
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
	case twoRs(data) && bytes.Contains(data, errorKey) && hasError(data):
		return Error
	}
	return Progress
}

// Finishes says whether an event has a choice's finish_reason: nearly an end.
// The same bytes can't stand in the answer's text, where quotes are escaped.
func (OpenAI) Finishes(data []byte) bool {
	return hasValue(data, finishKey) || hasValue(data, finishKey2)
}

// hasValue says whether data has a key, written with its value's first quote,
// whose value is not empty: some speakers send "finish_reason":"" with every
// chunk.
func hasValue(data, key []byte) bool {
	for {
		_, after, ok := bytes.Cut(data, key)
		if !ok {
			return false
		}
		if len(after) > 0 && after[0] != '"' {
			return true
		}
		data = after
	}
}

// twoRs says whether data has "rr" somewhere, as "error" does and a chunk
// hardly ever. It takes a third of the time that looking for "error" takes,
// which is most of what a dialect costs per event.
func twoRs(data []byte) bool {
	const (
		rs   = 0x7272727272727272
		ones = 0x0101010101010101
		tops = 0x8080808080808080
	)
	for len(data) > 8 {
		first := binary.LittleEndian.Uint64(data) ^ rs
		second := binary.LittleEndian.Uint64(data[1:]) ^ rs
		if none := first | second; (none-ones)&^none&tops != 0 { // a zero byte: both are r
			return true
		}
		data = data[8:]
	}
	for i := 1; i < len(data); i++ {
		if data[i-1] == 'r' && data[i] == 'r' {
			return true
		}
	}
	return false
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
