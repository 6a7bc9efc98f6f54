package provider

import (
	"fmt"
	"time"
)

// response is what a call to Responses makes, whole or not, now or when it is
// asked for again. Read only but for state.
type response struct {
	id                        string // without the prefix of what it names
	created                   int64
	model                     string // as JSON
	tool                      string // that it calls; "" is none, and it is text
	tokens, reasoning, prompt int
	state                     string // "cancelled" or "deleted" once it is; guarded by the ledger's mutex
}

// made is the response that the call makes, or asks for.
func (x *exchange) made() *response {
	if x.stored != nil {
		return x.stored
	}
	m := &response{
		id: x.call.ID, created: time.Now().Unix(), model: x.modelJSON(),
		tokens: x.script.tokens(), reasoning: x.script.Reasoning, prompt: x.promptTokens(),
	}
	if x.request.callsTool() {
		m.tool = x.request.tool
	}
	return m
}

// object is the response as JSON, of which status and error, the output's
// items and the usage are given.
func (m *response) object(status, output, usage string) string {
	return fmt.Sprintf(`{"id":"resp_%s","object":"response","created_at":%d,%s,"background":false,"incomplete_details":null,`+
		`"instructions":null,"max_output_tokens":null,"model":%s,"output":[%s],"parallel_tool_calls":true,"previous_response_id":null,`+
		`"reasoning":{"effort":null,"summary":null},"service_tier":"default","store":true,"temperature":1.0,"text":{"format":{"type":"text"}},`+
		`"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","usage":%s,"user":null,"metadata":{}}`,
		m.id, m.created, status, m.model, output, usage)
}

// completed is the response at its end.
func (m *response) completed() string {
	output := ""
	if m.reasoning > 0 {
		output = m.thought() + ","
	}
	if m.tool != "" {
		output += m.function("completed", m.arguments())
	} else {
		output += m.message()
	}
	total := m.tokens + m.reasoning
	return m.object(`"status":"completed","error":null`, output, fmt.Sprintf(
		`{"input_tokens":%d,"input_tokens_details":{"cached_tokens":0},"output_tokens":%d,"output_tokens_details":{"reasoning_tokens":%d},"total_tokens":%d}`,
		m.prompt, total, m.reasoning, m.prompt+total))
}

// thought, message and function are the items of the output.

func (m *response) thought() string {
	return `{"id":"rs_` + m.id + `","type":"reasoning","summary":[{"type":"summary_text","text":"` + Text(m.reasoning) + `"}]}`
}

func (m *response) message() string {
	return `{"id":"msg_` + m.id + `","type":"message","status":"completed","content":[` + textPart(Text(m.tokens)) + `],"role":"assistant"}`
}

func (m *response) function(status, arguments string) string {
	return `{"id":"fc_` + m.id + `","type":"function_call","status":"` + status + `","arguments":"` + arguments +
		`","call_id":"call_` + m.id + `","name":` + quote(m.tool) + `}`
}

func textPart(text string) string {
	return `{"type":"output_text","annotations":[],"logprobs":[],"text":"` + text + `"}`
}

// arguments are the tool's, as they stand within a JSON string.
func (m *response) arguments() string { return `{\"input\":\"` + Text(m.tokens) + `\"}` }
