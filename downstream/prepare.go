package downstream

import (
	"net/http"
	"strconv"

	"github.com/go-faster/jx"

	"tidegate/stream"
)

// prepare understands a request that came in a message: a stream is what it
// asks for, said or not. model is the message's: Gemini's requests name none.
func prepare(call *stream.Call, model string) *failure {
	switch call.API {
	case stream.ChatCompletions, stream.Completions, stream.Responses, stream.Messages:
	case stream.GenerateContent:
		if model == "" {
			return badRequest("missing_model", "model", `For the api generateContent, "model" stands beside "body".`)
		}
		call.Model, call.Stream = model, true
		return parse(call, false)
	default:
		return badRequest("unknown_api", "api", "There is no api "+clip(string(call.API))+" here.")
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
		epoch:   epoch, header: map[string]string{"X-Tidegate-Epoch": strconv.FormatUint(epoch, 10)},
	}
}
