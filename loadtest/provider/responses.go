package provider

import (
	"fmt"
	"strconv"
)

// responses is POST /v1/responses.
func responses(x *exchange) error {
	x.keep()
	switch {
	case x.script.tokens() > MaxWholeTokens || x.script.Reasoning > MaxWholeTokens:
		return x.refuseLength()
	case x.request.stream:
		return x.stream(responseEvents)
	}
	if err := x.generate(); err != nil {
		return err
	}
	m := x.made()
	return x.whole([]byte(m.completed()))
}

// teller makes the events of one response, each with its number.
type teller struct {
	framing
	answer
	next int
}

// event adds one whose fields, after its type and before its number, are
// known when it is sent.
func (k *teller) event(kind string, fields func() string) {
	n := k.next
	k.next++
	k.later(func() []byte {
		return k.named(kind, `{"type":"`+kind+`",`+fields()+`,"sequence_number":`+strconv.Itoa(n)+"}")
	})
}

// deltas adds the events of n tokens.
func (k *teller) deltas(n int, kind, fields string, p *padding) *shape {
	s := &shape{
		open:    []byte(k.begin(kind) + `{"type":"` + kind + `",` + fields + `,"delta":"`),
		shut:    []byte(`"`),
		numbers: []number{{`,"sequence_number":`, k.next}},
		end:     []byte("}" + k.end()),
	}
	if p != nil {
		s.shut = []byte(`","obfuscation":"`)
		s.padding = p
		s.numbers[0].before = `","sequence_number":`
	}
	k.next += n
	k.tokens(n, s)
	return s
}

// responseEvents is the stream of a response: its reasoning, if any, then a
// message or a function call.
func responseEvents(x *exchange) *answer {
	k := &teller{framing: newFraming(&x.script)}
	m := x.made()
	p := newPadding(&x.script)
	state := func() string { return `"response":` + m.object(`"status":"in_progress","error":null`, "", "null") }
	k.event("response.created", state)
	k.event("response.in_progress", state)
	item := 0
	if m.reasoning > 0 {
		at := fmt.Sprintf(`"item_id":"rs_%s","output_index":0,"summary_index":0`, m.id)
		k.event("response.output_item.added", func() string {
			return `"output_index":0,"item":{"id":"rs_` + m.id + `","type":"reasoning","summary":[]}`
		})
		k.event("response.reasoning_summary_part.added", func() string { return at + `,"part":{"type":"summary_text","text":""}` })
		k.deltas(m.reasoning, "response.reasoning_summary_text.delta", at, p)
		k.event("response.reasoning_summary_text.done", func() string { return at + `,"text":"` + Text(m.reasoning) + `"` })
		k.event("response.reasoning_summary_part.done", func() string {
			return at + `,"part":{"type":"summary_text","text":"` + Text(m.reasoning) + `"}`
		})
		k.event("response.output_item.done", func() string { return `"output_index":0,"item":` + m.thought() })
		item++
	}
	index := `"output_index":` + strconv.Itoa(item)
	if m.tool != "" {
		at := `"item_id":"fc_` + m.id + `",` + index
		const kind = "response.function_call_arguments.delta"
		k.event("response.output_item.added", func() string { return index + `,"item":` + m.function("in_progress", "") })
		k.event(kind, func() string { return at + `,"delta":"{\"input\":\""` })
		k.text = k.deltas(m.tokens, kind, at, p)
		k.event(kind, func() string { return at + `,"delta":"\"}"` })
		k.event("response.function_call_arguments.done", func() string { return at + `,"arguments":"` + m.arguments() + `"` })
		k.event("response.output_item.done", func() string { return index + `,"item":` + m.function("completed", m.arguments()) })
	} else {
		at := `"item_id":"msg_` + m.id + `",` + index + `,"content_index":0`
		k.event("response.output_item.added", func() string {
			return index + `,"item":{"id":"msg_` + m.id + `","type":"message","status":"in_progress","content":[],"role":"assistant"}`
		})
		k.event("response.content_part.added", func() string { return at + `,"part":` + textPart("") })
		k.text = k.deltas(m.tokens, "response.output_text.delta", at+`,"logprobs":[]`, p)
		k.event("response.output_text.done", func() string { return at + `,"logprobs":[],"text":"` + Text(m.tokens) + `"` })
		k.event("response.content_part.done", func() string { return at + `,"part":` + textPart(Text(m.tokens)) })
		k.event("response.output_item.done", func() string { return index + `,"item":` + m.message() })
	}
	k.event("response.completed", func() string { return `"response":` + m.completed() })
	return &k.answer
}
