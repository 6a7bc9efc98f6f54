package downstream

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-faster/jx"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// prepare understands a request that came in a message: a stream is what it
// asks for, said or not.
func prepare(call *stream.Call, m *wire.Message) *failure {
	switch call.API {
	case stream.ChatCompletions, stream.Completions, stream.Responses, stream.Messages, stream.GenerateContent:
	default:
		return badRequest("unknown_api", "api", "There is no api "+clip(string(call.API))+" here.")
	}
	if f := addHeaders(call, m.Headers); f != nil {
		return f
	}
	if call.API == stream.GenerateContent { // its requests name no model
		if m.Model == "" {
			return badRequest("missing_model", "model", `For the api generateContent, "model" stands beside "body".`)
		}
		call.Model, call.Stream = m.Model, true
		return parse(call, false)
	}
	call.Stream = false // until the body says so
	if f := parse(call, true); f != nil {
		return f
	}
	if call.Stream {
		return nil
	}
	if said := findMember(call.Body, "stream"); said != nil {
		return badRequest("invalid_stream", "stream", `"stream" has to be true, or left out.`)
	}
	const yes = `"stream":true,`
	at := 0
	for call.Body[at] != '{' {
		at++
	}
	at++
	body := make([]byte, 0, len(call.Body)+len(yes))
	body = append(append(append(body, call.Body[:at]...), yes...), call.Body[at:]...)
	call.Body, call.Stream = body, true
	call.ModelAt = [2]int{call.ModelAt[0] + len(yes), call.ModelAt[1] + len(yes)}
	return nil
}

// maxHeaderValue bounds a header in a message, in bytes.
const maxHeaderValue = 4 << 10

// addHeaders adds the headers that came in a message to the request's own: a
// page can set none. What is not the API's is refused, or somebody would wait
// for its effect.
func addHeaders(call *stream.Call, said map[string]string) *failure {
	belong := mannerOf(call.API).header
	for name, value := range said {
		key := http.CanonicalHeaderKey(name)
		if !slices.Contains(belong, key) {
			return badRequest("invalid_header", "headers", "The header "+clip(name)+" is none of this api's.")
		}
		if len(value) > maxHeaderValue || strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' }) {
			return badRequest("invalid_header", "headers", "The header "+key+" is too long, or has characters that can't stand in one.")
		}
		if call.Header == nil {
			call.Header = map[string][]string{}
		}
		call.Header[key] = []string{value}
	}
	return nil
}

// findMember is the raw value of an object's member; nil: there is none.
func findMember(object []byte, name string) (member []byte) {
	_ = jx.DecodeBytes(object).ObjBytes(func(d *jx.Decoder, key []byte) error {
		raw, err := d.Raw()
		if err == nil && string(key) == name {
			member = raw
		}
		return err
	})
	return member
}

func unknownStream() *failure {
	return &failure{
		status: http.StatusNotFound, kind: invalidRequest, code: "unknown_stream", param: "stream",
		message: "There is no such stream, or it is over and forgotten.",
	}
}

func goneStream() *failure {
	return &failure{
		status: http.StatusGone, kind: invalidRequest, code: "position_gone", param: "seq",
		message: "The stream does not hold what follows this position: it was acknowledged, or never sent.",
	}
}

// supersededStream refuses a consumer that comes too late. What it is told, an
// application that does want the stream back can do better than.
func supersededStream(epoch uint64) *failure {
	return &failure{
		status: http.StatusConflict, kind: invalidRequest, code: "superseded", param: "epoch",
		message: "The stream has been resumed by a later consumer.",
		epoch:   epoch,
	}
}
