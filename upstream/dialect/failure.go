package dialect

import (
	"bytes"
	"errors"
	"io"
	"strconv"

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
//	{"choices":[{"error":{...},"finish_reason":"error"}]}  OpenRouter
//	{"errors":[...],"success":false}                       Cloudflare
//	{"base_resp":{"status_code":1002,...}}                 MiniMax
//	{"error_code":336003,"error_msg":...}                  Baidu
//	{"message":...}, {"detail":...}                        what stands in front of a model
//
// The last two have a code from 400 on, or no type and no object: other events
// with these are a provider's own, such as of what a search is about. A stored response that failed is no
// error: it is what was asked for.
func failure(body []byte) (status int, failed bool) {
	f, ok := readFault(body)
	if !ok || !f.failed() {
		return 0, false
	}
	for _, t := range []terms{f.inner, f.response, f.terms} {
		if status := t.status(); status != 0 {
			return status, true
		}
	}
	return 0, true
}

// Answers says whether a body, or the beginning of one, is a model's answer in
// any of the APIs, and neither an error nor something else in JSON.
func Answers(body []byte) bool {
	f, _ := readFault(body)
	return f.answer && !f.failed()
}

// Doubtful says whether a whole answer of Chat Completions or Completions may be
// an error, and Failed has to read it. It costs less.
func Doubtful(body []byte) bool {
	for i, c := range body {
		if !telling[c] {
			continue
		}
		for _, d := range doubts[c] {
			rest := body[max(0, i-d.at):]
			if len(rest) > 1 && rest[0] == d.word[0] && rest[1] == d.word[1] && bytes.HasPrefix(rest, d.word) {
				return true
			}
		}
	}
	return !bytes.Contains(body, []byte(`"choices"`))
}

// doubt is a word, and where its rarest letter stands.
type doubt struct {
	word []byte
	at   int
}

// doubts are words of which at least one stands in each error that has choices,
// by those letters: one look at a body is enough for all of them. telling are
// the letters.
var doubts, telling = func() (words [256][]doubt, letters [256]bool) {
	for _, d := range []doubt{
		{[]byte("error"), 1}, {[]byte("ERROR"), 1}, {[]byte("timeout"), 2}, {[]byte("TIMEOUT"), 2},
		{[]byte("abort"), 1}, {[]byte("cancel"), 0}, {[]byte("failed"), 0},
		{[]byte("insufficient_system_resource"), 4}, {[]byte("base_resp"), 0}, {[]byte(`"success"`), 3},
	} {
		letter := d.word[d.at]
		words[letter], letters[letter] = append(words[letter], d), true
	}
	return words, letters
}()

// EndsEarly says whether a body is the beginning of JSON, and its end is
// missing.
func EndsEarly(body []byte) bool {
	d := jx.DecodeBytes(body)
	if d.Next() == jx.Invalid {
		return false
	}
	err := d.Skip()
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// readFault reads an object, or the first one of an array. What was read of a
// broken one is there, too.
func readFault(body []byte) (f fault, ok bool) {
	var d jx.Decoder
	d.ResetBytes(body)
	if d.Next() == jx.Array {
		if it, err := d.ArrIter(); err != nil || !it.Next() {
			return f, false
		}
	}
	if d.Next() != jx.Object {
		return f, false
	}
	return f, f.read(&d) == nil
}

// fault is what matters of an object that may be an error.
type fault struct {
	terms
	said     bool   // a member "error" says something, or one of a choice
	inner    terms  // in it
	response terms  // in response.error
	object   []byte // "error", "response"
	refused  bool   // a vendor's own code says that it failed
	spoken   bool   // it has words for people
	known    bool   // it has what only an object of an API has
	answer   bool   // it has what only an answer has
}

func (f *fault) failed() bool {
	switch {
	case string(f.object) == "response":
		return false
	case f.said, f.refused, string(f.object) == "error", string(f.kind) == "error", string(f.kind) == "response.failed":
		return true
	}
	if !f.spoken || f.known || f.answer {
		return false
	}
	return f.number >= 400 || len(f.object) == 0 && len(f.kind) == 0
}

func (f *fault) read(d *jx.Decoder) (err error) {
	some := false
	for key := range object(d, &err) {
		switch string(key) {
		case "error":
			some, err = f.inner.read(d)
			f.said = f.said || some
		case "response":
			for key := range object(d, &err) {
				if string(key) == "error" {
					_, err = f.response.read(d)
				} else {
					err = d.Skip()
				}
			}
		case "choices":
			f.answer = f.answer || d.Next() == jx.Array
			for range array(d, &err) {
				err = f.choice(d)
			}
		case "object":
			f.object, err = word(d)
		case "errors":
			some, err = says(d)
			f.spoken = f.spoken || some
		case "success":
			f.refused = f.refused || d.Next() == jx.Bool
			some, err = says(d)
			f.refused = f.refused && !some
		case "base_resp":
			var code int64
			code, err = detail(d, "status_code")
			f.refused = f.refused || code != 0
		case "error_code":
			some, err = says(d)
			f.refused = f.refused || some
		case "message", "detail":
			some, err = says(d)
			f.spoken = f.spoken || some
		case "content", "candidates", "output":
			f.answer = f.answer || d.Next() == jx.Array
			err = d.Skip()
		case "id", "data", "model", "usage":
			f.known = f.known || d.Next() != jx.Null
			err = d.Skip()
		default:
			_, err = f.member(d, key)
		}
	}
	return err
}

// choice reads a choice that may be one of an error.
func (f *fault) choice(d *jx.Decoder) (err error) {
	failed := false
	for key := range object(d, &err) {
		switch string(key) {
		case "error":
			failed, err = f.inner.read(d)
		case "finish_reason":
			_, failed, err = finish(d)
		default:
			err = d.Skip()
			continue
		}
		f.said = f.said || failed
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
		var some bool
		some, err = t.member(d, key)
		said = said || some
	}
	return said, err
}

// member reads a member, and says whether it says anything.
func (t *terms) member(d *jx.Decoder, key []byte) (some bool, err error) {
	switch name := string(key); {
	case name == "type":
		t.kind, err = word(d)
		return len(t.kind) > 0, err
	case name != "code" && name != "status" && name != "status_code" && name != "http_status_code":
		return says(d)
	case d.Next() == jx.Number:
		var n int64
		n, err = number(d)
		t.number = max(t.number, n)
		return n != 0, err
	default:
		var text []byte
		text, err = word(d)
		if n, e := strconv.ParseInt(string(text), 10, 32); e == nil { // LiteLLM writes "429"
			t.number = max(t.number, n)
			return n != 0, err
		}
		if name == "code" {
			t.code = text
		} else {
			t.state = text
		}
		return len(text) > 0, err
	}
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
