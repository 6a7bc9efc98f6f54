package dialect

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"net/http"

	"github.com/go-faster/jx"

	"tidegate/stream"
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

// Speaks implements Dialect.
func (OpenAI) Speaks(api stream.API) bool { return openAIPaths[api] != "" }

// Path implements Dialect.
func (OpenAI) Path(call *stream.Call, _ string) string { return openAIPaths[call.API] }

var openAIPaths = map[stream.API]string{
	stream.ChatCompletions: "/chat/completions",
	stream.Completions:     "/completions",
	stream.Embeddings:      "/embeddings",
}

// Authenticate implements Dialect.
func (OpenAI) Authenticate(h http.Header, key string) { h.Set("Authorization", "Bearer "+key) }

// Judge implements Dialect.
func (OpenAI) Judge(stream.API) Judge { return &chatJudge{} }

// Failed implements Dialect.
func (OpenAI) Failed(body []byte) (int, bool) {
	if !hasError(body) {
		return 0, false
	}
	var object struct {
		Error struct {
			Code any `json:"code"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &object) == nil {
		if code, ok := object.Error.Code.(float64); ok && code >= 400 && code <= 599 {
			return int(code), true
		}
	}
	return 0, true
}

// Usage implements Dialect.
func (OpenAI) Usage([]byte) stream.Usage { return stream.Usage{} }

type chatJudge struct{ finished bool }

// Event implements Judge.
func (j *chatJudge) Event(ev stream.Event) Verdict {
	data := ev.Data
	switch {
	case bytes.Equal(data, done):
		return Marker
	case twoRs(data) && bytes.Contains(data, errorKey) && hasError(data):
		return Error
	}
	// the same bytes can't stand in the answer's text, where quotes are escaped
	if hasValue(data, finishKey) || hasValue(data, finishKey2) {
		j.finished = true
	}
	return Progress
}

// Finished implements Judge.
func (j *chatJudge) Finished() bool { return j.finished }

// Usage implements Judge.
func (j *chatJudge) Usage() stream.Usage { return stream.Usage{} }

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
