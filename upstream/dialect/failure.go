package dialect

import (
	"github.com/go-faster/jx"
)

// failure says whether a body, or an event's data, is an error, and which HTTP
// status it asks for. The shapes of all dialects are read in one place, since
// speakers of one answer in those of another:
//
//	{"error":{"message":...,"type":...,"code":...}}        OpenAI, and most who speak it
//	{"type":"error","error":{"type":...,"message":...}}    Anthropic
//	{"error":{"code":503,"message":...,"status":...}}      Gemini; [{...}] without alt=sse
//	{"error":"text"}
//	{"object":"error","message":...,"code":...}            vLLM, Mistral
//	{"type":"error","code":...,"message":...}              Responses, in a stream
//	{"type":"response.failed","response":{"error":{...}}}  Responses, in a stream
//	{"message":...}, {"detail":...}                        what stands in front of a model
//
// A stored response that failed is no error: it is what was asked for.
func failure(body []byte) (status int, failed bool) {
	var d jx.Decoder
	d.ResetBytes(body)
	if d.Next() == jx.Array {
		if it, err := d.ArrIter(); err != nil || !it.Next() {
			return 0, false
		}
	}
	if d.Next() != jx.Object {
		return 0, false
	}
	var f fault
	if f.read(&d) != nil || !f.failed() {
		return 0, false
	}
	for _, t := range []terms{f.inner, f.response, f.terms} {
		if status := t.status(); status != 0 {
			return status, true
		}
	}
	return 0, true
}

// fault is what matters of an object that may be an error.
type fault struct {
	terms
	said     bool   // a member "error" says something
	inner    terms  // in it
	response terms  // in response.error
	object   []byte // "error", "response"
	spoken   bool   // it has words for people
	answer   bool   // it has what only an answer has
}

func (f *fault) failed() bool {
	switch {
	case string(f.object) == "response":
		return false
	case f.said, string(f.object) == "error", string(f.kind) == "error", string(f.kind) == "response.failed":
		return true
	}
	return f.spoken && !f.answer
}

func (f *fault) read(d *jx.Decoder) (err error) {
	for key := range object(d, &err) {
		switch string(key) {
		case "error":
			f.said, err = f.inner.read(d)
		case "response":
			for key := range object(d, &err) {
				if string(key) == "error" {
					_, err = f.response.read(d)
				} else {
					err = d.Skip()
				}
			}
		case "object":
			f.object, err = word(d)
		case "message":
			f.spoken = f.spoken || d.Next() == jx.String
			err = d.Skip()
		case "detail":
			f.spoken = f.spoken || d.Next() == jx.String || d.Next() == jx.Array
			err = d.Skip()
		case "id", "choices", "content", "candidates", "data", "output":
			f.answer = true
			err = d.Skip()
		default:
			err = f.member(d, key)
		}
	}
	return err
}

// terms are those in which an error is said.
type terms struct {
	number int64  // code or status, as a number
	code   []byte // in words
	kind   []byte // type
	state  []byte // status, in words
}

// read reads the value of a member "error", and says whether it says anything.
func (t *terms) read(d *jx.Decoder) (said bool, err error) {
	if d.Next() != jx.Object {
		return says(d)
	}
	for key := range object(d, &err) {
		said = true
		err = t.member(d, key)
	}
	return said, err
}

func (t *terms) member(d *jx.Decoder, key []byte) (err error) {
	switch name := string(key); {
	case name == "type":
		t.kind, err = word(d)
	case name != "code" && name != "status":
		err = d.Skip()
	case d.Next() == jx.Number:
		t.number, err = number(d)
	case name == "code":
		t.code, err = word(d)
	default:
		t.state, err = word(d)
	}
	return err
}

// status is the HTTP status that fits; 0: none does.
func (t *terms) status() int {
	if t.number >= 400 && t.number <= 599 {
		return int(t.number)
	}
	for _, term := range [][]byte{t.code, t.kind, t.state} {
		if status := statuses[string(term)]; status != 0 {
			return status
		}
	}
	return 0
}
