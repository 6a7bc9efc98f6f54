package provider

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DefaultModel is the model name of answers to "script:..." and in the list of
// models.
const DefaultModel = "scripted"

const fingerprint = "fp_5cc1d7ed00"

// answer is a streamed body: whole events before the tokens, the pieces that
// make an event of a token, whole events after. All of it is encoded once per
// call, so that a token costs three copies.
type answer struct {
	lead, trail [][]byte
	tokens      int
	open, shut  []byte // around a token's text
	end         []byte // after shut, with the padding between them where there is one
	padding     *padding
}

func (a *answer) len() int { return len(a.lead) + a.tokens + len(a.trail) }

// append adds event i, whole, to dst.
func (a *answer) append(dst []byte, i int) []byte {
	if i < len(a.lead) {
		return append(dst, a.lead[i]...)
	}
	i -= len(a.lead)
	if i < a.tokens {
		return a.token(dst, Token(i))
	}
	return append(dst, a.trail[i-a.tokens]...)
}

func (a *answer) token(dst []byte, text string) []byte {
	dst = append(dst, a.open...)
	dst = append(dst, text...)
	dst = append(dst, a.shut...)
	if a.padding != nil {
		dst = a.padding.append(dst, len(text))
	}
	return append(dst, a.end...)
}

var filler = strings.Repeat("x", 4096)

// huge adds an event of size bytes, or the smallest there is.
func (a *answer) huge(dst []byte, size int) []byte {
	start := len(dst)
	dst = append(slices.Grow(dst, size), a.open...)
	rest := size - len(a.open) - len(a.shut) - len(a.end)
	if a.padding != nil {
		rest-- // a token of this length gets one character of padding
	}
	for rest = max(1, rest); rest > 0; rest -= min(rest, len(filler)) {
		dst = append(dst, filler[:min(rest, len(filler))]...)
	}
	dst = append(dst, a.shut...)
	if a.padding != nil {
		dst = a.padding.append(dst, len(dst)-start)
	}
	return append(dst, a.end...)
}

// chunker makes the chunks of one answer.
type chunker struct {
	framing
	head    string // of the JSON, up to and with the bracket that opens choices
	foot    string // the JSON after that bracket is closed, up to the padding
	end     string // the JSON after the padding
	padding *padding
	usage   string // the usage chunk's own JSON; "" is none
}

func newChunker(x *exchange, object string) *chunker {
	k := &chunker{
		framing: newFraming(&x.script),
		head: fmt.Sprintf(`{"id":%q,"object":%q,"created":%d,"model":%s,"service_tier":"default","system_fingerprint":%q,"choices":[`,
			x.answerID(), object, time.Now().Unix(), x.modelJSON(), fingerprint),
		foot: "]",
		end:  "}",
	}
	if x.request.usage {
		k.foot += `,"usage":null`
		k.usage = usage(x.promptTokens(), x.script.tokens())
	}
	if x.script.Obfuscation {
		k.foot += `,"obfuscation":"`
		k.end = `"}`
		k.padding = &padding{rand.NewPCG(x.script.Seed, 1)}
	}
	return k
}

// event is a whole event with the given choice.
func (k *chunker) event(choice string) []byte {
	b := []byte(k.field + k.head + choice + k.foot)
	if k.padding != nil {
		b = k.padding.append(b, 0)
	}
	return append(b, k.end+k.line+k.line...)
}

// tokens sets what stands around a token's text within a choice.
func (k *chunker) tokens(a *answer, before, after string) {
	a.open = []byte(k.field + k.head + before)
	a.shut = []byte(after + k.foot)
	a.end = []byte(k.end + k.line + k.line)
	a.padding = k.padding
}

// close adds the events that every answer ends with.
func (k *chunker) close(a *answer) {
	if k.usage != "" {
		a.trail = append(a.trail, k.framing.event(k.head+`],"usage":`+k.usage+"}"))
	}
	a.trail = append(a.trail, k.framing.event("[DONE]"))
}

func chatChoice(delta, finish string) string {
	return `{"index":0,"delta":` + delta + `,"logprobs":null,"finish_reason":` + finish + `}`
}

// chatText is the stream of a chat answer.
func chatText(x *exchange) *answer {
	k := newChunker(x, "chat.completion.chunk")
	a := &answer{tokens: x.script.tokens()}
	a.lead = [][]byte{k.event(chatChoice(`{"role":"assistant","content":"","refusal":null}`, "null"))}
	k.tokens(a, `{"index":0,"delta":{"content":"`, `"},"logprobs":null,"finish_reason":null}`)
	a.trail = [][]byte{k.event(chatChoice(`{}`, `"stop"`))}
	k.close(a)
	return a
}

// chatTool is the stream of a tool call. Its arguments, {"input":"..."}, come
// in as many fragments as there are tokens, and one before and after.
func chatTool(x *exchange) *answer {
	k := newChunker(x, "chat.completion.chunk")
	a := &answer{tokens: x.script.tokens()}
	fragment := func(s string) []byte {
		return k.event(chatChoice(`{"tool_calls":[{"index":0,"function":{"arguments":`+strconv.Quote(s)+`}}]}`, "null"))
	}
	a.lead = [][]byte{
		k.event(chatChoice(`{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"index":0,"id":"call_`+x.call.ID+
			`","type":"function","function":{"name":`+quote(x.request.tool)+`,"arguments":""}}]}`, "null")),
		fragment(`{"input":"`),
	}
	k.tokens(a, `{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"`,
		`"}}]},"logprobs":null,"finish_reason":null}`)
	a.trail = [][]byte{fragment(`"}`), k.event(chatChoice(`{}`, `"tool_calls"`))}
	k.close(a)
	return a
}

// completionText is the stream of the older completions API.
func completionText(x *exchange) *answer {
	k := newChunker(x, "text_completion")
	a := &answer{tokens: x.script.tokens()}
	k.tokens(a, `{"index":0,"text":"`, `","logprobs":null,"finish_reason":null}`)
	a.trail = [][]byte{k.event(`{"index":0,"text":"","logprobs":null,"finish_reason":"stop"}`)}
	k.close(a)
	return a
}

// quote is s as a JSON string. (strconv.Quote knows escapes that JSON does not.)
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic("provider: a string is always JSON: " + err.Error())
	}
	return string(b)
}

func usage(prompt, completion int) string {
	return fmt.Sprintf(`{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,`+
		`"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},`+
		`"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`,
		prompt, completion, prompt+completion)
}
