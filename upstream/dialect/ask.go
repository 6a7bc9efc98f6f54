package dialect

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-faster/jx"
)

// AskUsage makes a request of Chat Completions or Completions that is for a
// stream ask for its usage: with "stream_options":{"include_usage":true} the
// provider sends one more event, judged as Tally.
//
// asked is true where the body was returned as it is, because the client had
// asked itself, or because there is nothing to ask: it does not say
// "stream":true, or is no valid JSON object. Then a Tally is the client's.
// Otherwise it is to be kept from the client. What stands behind the place of
// the change moves, so that Call.ModelAt has to be used before.
func AskUsage(body []byte) (out []byte, asked bool) {
	var r request
	if err := r.read(body); err != nil || !r.stream || r.asks {
		return body, true
	}
	start, end, text := r.end, r.end, `"stream_options":{"include_usage":true}`
	switch {
	case r.include != nil: // false, or nonsense
		start, end = span(body, r.include)
		text = "true"
	case r.options != nil && r.options.Type() == jx.Object:
		_, end = span(body, r.options)
		end--
		start, text = end, `"include_usage":true`
		if r.more {
			text = "," + text
		}
	case r.options != nil: // null, or nonsense
		start, end = span(body, r.options)
		text = `{"include_usage":true}`
	default: // there is "stream" before it
		text = "," + text
	}
	out = make([]byte, 0, len(body)+len(text))
	out = append(out, body[:start]...)
	out = append(out, text...)
	return append(out, body[end:]...), false
}

var errNoObject = errors.New("dialect: no JSON object")

// request is what matters of a request. The values share its memory.
type request struct {
	stream  bool
	options jx.Raw // stream_options
	include jx.Raw // in it
	more    bool   // options has members
	asks    bool
	end     int // where the object's bracket closes
}

func (r *request) read(body []byte) (err error) {
	d := jx.DecodeBytes(body)
	if d.Next() != jx.Object {
		return errNoObject
	}
	for key := range object(d, &err) {
		switch string(key) {
		case "stream":
			var raw jx.Raw
			raw, err = d.Raw()
			r.stream = string(raw) == "true"
		case "stream_options":
			if r.options, err = d.Raw(); err == nil {
				err = r.readOptions()
			}
		default:
			err = d.Skip()
		}
	}
	if err != nil {
		return err
	}
	if d.Next() != jx.Invalid || !errors.Is(d.Skip(), io.EOF) {
		return errNoObject // something follows
	}
	r.end = bytes.LastIndexByte(body, '}')
	return nil
}

func (r *request) readOptions() (err error) {
	if r.options.Type() != jx.Object {
		return nil
	}
	d := jx.DecodeBytes(r.options)
	for key := range object(d, &err) {
		r.more = true
		if string(key) != "include_usage" {
			err = d.Skip()
			continue
		}
		r.include, err = d.Raw()
		r.asks = string(r.include) == "true"
	}
	return err
}

// span is where a part of whole stands in it. The part has to reach, by its
// capacity, to the same end.
func span(whole, part []byte) (start, end int) {
	start = cap(whole) - cap(part)
	return start, start + len(part)
}

// Choices is how many choices a request of Chat Completions or Completions asks
// for, with its n; 1 where it does not say.
func Choices(body []byte) int {
	d := jx.DecodeBytes(body)
	n, err := detail(d, "n")
	if err != nil || n < 1 {
		return 1
	}
	return int(min(n, maxChoices))
}
