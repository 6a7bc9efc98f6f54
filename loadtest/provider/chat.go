package provider

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// DefaultModel is the model name of answers to "script:..." and in the list of
// models.
const DefaultModel = "scripted"

const fingerprint = "fp_5cc1d7ed00"

// chunker makes the chunks of one answer.
type chunker struct {
	framing
	answer
	head    string // of the JSON, up to and with the bracket that opens choices
	foot    string // the JSON after that bracket is closed, up to the padding
	close   string // the JSON after the padding
	padding *padding
	usage   string // the usage chunk's own JSON; "" is none
}

func newChunker(x *exchange, object string) *chunker {
	k := &chunker{
		framing: newFraming(&x.script),
		head: fmt.Sprintf(`{"id":%q,"object":%q,"created":%d,"model":%s,"service_tier":"default","system_fingerprint":%q,"choices":[`,
			x.answerID(), object, time.Now().Unix(), x.modelJSON(), fingerprint),
		foot:    "]",
		close:   "}",
		padding: newPadding(&x.script),
	}
	if x.request.usage {
		k.foot += `,"usage":null`
		k.usage = usage(x)
	}
	if k.padding != nil {
		k.foot += `,"obfuscation":"`
		k.close = `"}`
	}
	return k
}

// event adds a whole event with the given choice.
func (k *chunker) event(choice string) {
	b := []byte(k.field + k.head + choice + k.foot)
	if k.padding != nil {
		b = k.padding.append(b, 0)
	}
	k.whole(append(b, k.close+k.end()...))
}

// shape is a token's, with what stands around its text within a choice.
func (k *chunker) shape(before, after string) *shape {
	return &shape{
		open: []byte(k.field + k.head + before), shut: []byte(after + k.foot),
		padding: k.padding, end: []byte(k.close + k.end()),
	}
}

// finish adds the events that every answer ends with.
func (k *chunker) finish() *answer {
	if k.usage != "" {
		k.whole(k.framing.event(k.head + `],"usage":` + k.usage + "}"))
	}
	k.whole(k.framing.event("[DONE]"))
	return &k.answer
}

func chatChoice(delta, finish string) string {
	return `{"index":0,"delta":` + delta + `,"logprobs":null,"finish_reason":` + finish + `}`
}

// reasoning adds the tokens that are thought, in the field that DeepSeek and
// vLLM have for them.
func (k *chunker) reasoning(x *exchange) {
	k.tokens(x.script.Reasoning, k.shape(`{"index":0,"delta":{"reasoning_content":"`, `"},"logprobs":null,"finish_reason":null}`))
}

// chatText is the stream of a chat answer.
func chatText(x *exchange) *answer {
	k := newChunker(x, "chat.completion.chunk")
	k.event(chatChoice(`{"role":"assistant","content":"","refusal":null}`, "null"))
	k.reasoning(x)
	k.text = k.shape(`{"index":0,"delta":{"content":"`, `"},"logprobs":null,"finish_reason":null}`)
	k.tokens(x.script.tokens(), k.text)
	k.event(chatChoice(`{}`, `"stop"`))
	return k.finish()
}

// chatTool is the stream of a tool call. Its arguments, {"input":"..."}, come
// in as many fragments as there are tokens, and one before and after.
func chatTool(x *exchange) *answer {
	k := newChunker(x, "chat.completion.chunk")
	fragment := func(s string) {
		k.event(chatChoice(`{"tool_calls":[{"index":0,"function":{"arguments":`+strconv.Quote(s)+`}}]}`, "null"))
	}
	if x.script.Reasoning > 0 {
		k.event(chatChoice(`{"role":"assistant","content":null}`, "null"))
		k.reasoning(x)
	}
	k.event(chatChoice(`{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"index":0,"id":"call_`+x.call.ID+
		`","type":"function","function":{"name":`+quote(x.request.tool)+`,"arguments":""}}]}`, "null"))
	fragment(`{"input":"`)
	k.text = k.shape(`{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"`,
		`"}}]},"logprobs":null,"finish_reason":null}`)
	k.tokens(x.script.tokens(), k.text)
	fragment(`"}`)
	k.event(chatChoice(`{}`, `"tool_calls"`))
	return k.finish()
}

// completionText is the stream of the older completions API.
func completionText(x *exchange) *answer {
	k := newChunker(x, "text_completion")
	k.text = k.shape(`{"index":0,"text":"`, `","logprobs":null,"finish_reason":null}`)
	k.tokens(x.script.tokens(), k.text)
	k.event(`{"index":0,"text":"","logprobs":null,"finish_reason":"stop"}`)
	return k.finish()
}

// quote is s as a JSON string. (strconv.Quote knows escapes that JSON does not.)
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic("provider: a string is always JSON: " + err.Error())
	}
	return string(b)
}

// usage is a whole answer's, in the form of chat and completions.
func usage(x *exchange) string {
	prompt, completion := x.promptTokens(), x.script.total()
	return fmt.Sprintf(`{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,`+
		`"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},`+
		`"completion_tokens_details":{"reasoning_tokens":%d,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`,
		prompt, completion, prompt+completion, x.script.Reasoning)
}
