package provider

import (
	"fmt"
	"net/http"
	"strconv"
)

// messages is POST /v1/messages.
func messages(x *exchange) error {
	if x.r.Header.Get("Anthropic-Version") == "" {
		return x.refuse(http.StatusBadRequest, "anthropic-version: header is required")
	}
	if x.request.stream {
		return x.stream(messageEvents)
	}
	if err := x.generate(); err != nil {
		return err
	}
	content, stop := "", "end_turn"
	if n := x.script.Reasoning; n > 0 {
		content = `{"type":"thinking","thinking":"` + Text(n) + `","signature":"` + signature + `"},`
	}
	text := Text(x.script.tokens())
	if x.request.callsTool() {
		stop = "tool_use"
		content += `{"type":"tool_use","id":"toolu_` + x.call.ID + `","name":` + quote(x.request.tool) + `,"input":{"input":"` + text + `"}}`
	} else {
		content += `{"type":"text","text":"` + text + `"}`
	}
	return x.whole([]byte(message(x, content, `"`+stop+`"`, x.script.total())))
}

// countMessages is POST /v1/messages/count_tokens.
func countMessages(x *exchange) error {
	return x.whole(fmt.Appendf(nil, `{"input_tokens":%d}`, x.promptTokens()))
}

// signature stands for what vouches for a thought: the base64 of opaque bytes.
const signature = "c2NyaXB0ZWQgc2lnbmF0dXJl"

func message(x *exchange, content, stop string, output int) string {
	return fmt.Sprintf(`{"id":"msg_%s","type":"message","role":"assistant","model":%s,"content":[%s],"stop_reason":%s,"stop_sequence":null,`+
		`"usage":{"input_tokens":%d,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":%d,"service_tier":"standard"}}`,
		x.call.ID, x.modelJSON(), content, stop, x.promptTokens(), output)
}

// blocks makes the events of one message, content block by content block.
type blocks struct {
	framing
	answer
	index int // of the block
}

// event adds one. Its fields come after its type and have a comma before them,
// if there are any.
func (k *blocks) event(kind, fields string) {
	k.whole(k.named(kind, `{"type":"`+kind+`"`+fields+`}`))
}

func (k *blocks) start(block string) {
	k.event("content_block_start", `,"index":`+strconv.Itoa(k.index)+`,"content_block":`+block)
	if k.index == 0 {
		k.event("ping", "")
	}
}

// delta is an event's fields up to and with the quotes before its text.
func (k *blocks) delta(kind, field string) string {
	return `,"index":` + strconv.Itoa(k.index) + `,"delta":{"type":"` + kind + `","` + field + `":"`
}

// deltas adds the events of n tokens.
func (k *blocks) deltas(n int, kind, field string) *shape {
	s := &shape{
		open: []byte(k.begin("content_block_delta") + `{"type":"content_block_delta"` + k.delta(kind, field)),
		shut: []byte(`"}}`), end: []byte(k.end()),
	}
	k.tokens(n, s)
	return s
}

func (k *blocks) stop() {
	k.event("content_block_stop", `,"index":`+strconv.Itoa(k.index))
	k.index++
}

// messageEvents is the stream of a message: a thought, if any, then text or a
// tool's use.
func messageEvents(x *exchange) *answer {
	k := &blocks{framing: newFraming(&x.script)}
	k.event("message_start", `,"message":`+message(x, "", "null", 1))
	if n := x.script.Reasoning; n > 0 {
		k.start(`{"type":"thinking","thinking":"","signature":""}`)
		k.deltas(n, "thinking_delta", "thinking")
		k.event("content_block_delta", k.delta("signature_delta", "signature")+signature+`"}`)
		k.stop()
	}
	stop := "end_turn"
	if x.request.callsTool() {
		stop = "tool_use"
		const kind, field = "input_json_delta", "partial_json"
		k.start(`{"type":"tool_use","id":"toolu_` + x.call.ID + `","name":` + quote(x.request.tool) + `,"input":{}}`)
		k.event("content_block_delta", k.delta(kind, field)+`{\"input\":\""}`)
		k.text = k.deltas(x.script.tokens(), kind, field)
		k.event("content_block_delta", k.delta(kind, field)+`\"}"}`)
	} else {
		k.start(`{"type":"text","text":""}`)
		k.text = k.deltas(x.script.tokens(), "text_delta", "text")
	}
	k.stop()
	k.event("message_delta", `,"delta":{"stop_reason":"`+stop+`","stop_sequence":null},"usage":{"output_tokens":`+strconv.Itoa(x.script.total())+`}`)
	k.event("message_stop", "")
	return &k.answer
}
