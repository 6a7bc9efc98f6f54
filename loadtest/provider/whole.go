package provider

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// Limits of an embeddings request, as OpenAI has them.
const (
	maxInputs         = 2048
	maxDimensions     = 4096
	defaultDimensions = 16
)

// chat is POST /v1/chat/completions.
func chat(x *exchange) error {
	tool := x.request.callsTool()
	switch {
	case x.request.stream && tool:
		return x.stream(chatTool)
	case x.request.stream:
		return x.stream(chatText)
	}
	if err := x.generate(); err != nil {
		return err
	}
	content, finish, text := "", "stop", Text(x.script.tokens())
	if tool {
		finish = "tool_calls"
		content = fmt.Sprintf(`"content":null,"tool_calls":[{"id":"call_%s","type":"function","function":{"name":%s,"arguments":"{\"input\":\"%s\"}"}}]`,
			x.call.ID, quote(x.request.tool), text)
	} else {
		content = `"content":"` + text + `"`
	}
	if n := x.script.Reasoning; n > 0 {
		content += `,"reasoning_content":"` + Text(n) + `"`
	}
	return x.completion("chat.completion", `{"index":0,"message":{"role":"assistant",`+content+
		`,"refusal":null},"logprobs":null,"finish_reason":"`+finish+`"}`)
}

// completions is POST /v1/completions.
func completions(x *exchange) error {
	if x.request.stream {
		return x.stream(completionText)
	}
	if err := x.generate(); err != nil {
		return err
	}
	return x.completion("text_completion", `{"index":0,"text":"`+Text(x.script.tokens())+`","logprobs":null,"finish_reason":"stop"}`)
}

// generate takes the time that an answer which is not streamed takes.
func (x *exchange) generate() error {
	n := x.script.total()
	if n > MaxWholeTokens {
		return x.refuseLength()
	}
	if x.script.Pace == 0 || x.script.Instant {
		return nil
	}
	return x.sleep(time.Duration(float64(n) / x.script.Pace * float64(time.Second)))
}

// refuseLength is for an answer that would have to be held in memory.
func (x *exchange) refuseLength() error {
	return x.refuse(http.StatusBadRequest, fmt.Sprintf("tokens: at most %d when not streamed, or where the stream repeats them", MaxWholeTokens))
}

func (x *exchange) completion(object, choice string) error {
	return x.whole(fmt.Appendf(nil, `{"id":%q,"object":%q,"created":%d,"model":%s,"choices":[%s],"usage":%s,"service_tier":"default","system_fingerprint":%q}`,
		x.answerID(), object, time.Now().Unix(), x.modelJSON(), choice, usage(x), fingerprint))
}

// answerID is the id that the answer carries.
func (x *exchange) answerID() string {
	if x.call.Path == "/v1/completions" {
		return "cmpl-" + x.call.ID
	}
	return "chatcmpl-" + x.call.ID
}

// embeddings is POST /v1/embeddings. The vectors follow from the position in
// the list alone.
func embeddings(x *exchange) error {
	r := &x.request
	if r.inputs < 1 || r.inputs > maxInputs {
		return x.refuse(http.StatusBadRequest, fmt.Sprintf("input: between 1 and %d texts", maxInputs))
	}
	if r.dimensions == 0 {
		r.dimensions = defaultDimensions
	}
	if r.dimensions < 1 || r.dimensions > maxDimensions {
		return x.refuse(http.StatusBadRequest, fmt.Sprintf("dimensions: between 1 and %d", maxDimensions))
	}
	body := []byte(`{"object":"list","data":[`)
	for i := range r.inputs {
		if i > 0 {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, `{"object":"embedding","index":%d,"embedding":`, i)
		body = appendVector(body, i, r.dimensions, r.base64)
		body = append(body, '}')
	}
	n := x.promptTokens()
	return x.whole(fmt.Appendf(body, `],"model":%s,"usage":{"prompt_tokens":%d,"total_tokens":%d}}`, x.modelJSON(), n, n))
}

// appendVector adds the vector of input i, as numbers or as OpenAI's base64 of
// little-endian float32.
func appendVector(dst []byte, i, dimensions int, encoded bool) []byte {
	r := rand.New(rand.NewPCG(uint64(i), 2))
	if encoded {
		raw := make([]byte, 0, 4*dimensions)
		for range dimensions {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(2*r.Float32()-1))
		}
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, raw)
		return append(dst, '"')
	}
	dst = append(dst, '[')
	for d := range dimensions {
		if d > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendFloat(dst, float64(2*r.Float32()-1), 'g', -1, 32)
	}
	return append(dst, ']')
}

// models is GET /v1/models.
func models(x *exchange) error {
	return x.whole([]byte(`{"object":"list","data":[{"id":"` + DefaultModel + `","object":"model","created":1700000000,"owned_by":"provider"}]}`))
}

// whole answers with a JSON body of known length.
func (x *exchange) whole(body []byte) error {
	x.header("application/json").Set("Content-Length", strconv.Itoa(len(body)))
	if x.script.Instant {
		return x.push(body)
	}
	if x.script.FirstDelay != 0 {
		x.w.WriteHeader(http.StatusOK)
		if err := x.flush(); err != nil {
			return err
		}
		if err := x.silence(x.script.FirstDelay); err != nil {
			return err
		}
	}
	outcome := error(nil)
	switch x.script.Fault {
	case Fin, Cut:
		outcome = errBreak
	case Reset:
		outcome = errReset
	}
	if outcome != nil {
		body = body[:len(body)/2]
	}
	if err := x.emit(body); err != nil {
		return err
	}
	return outcome
}
