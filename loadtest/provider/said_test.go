package provider_test

import (
	"encoding/json"
	"testing"
)

// said is what the events of a stream, or a whole body, add up to.
type said struct {
	text, thought, tool, arguments, finish string
	input, output                          int // tokens, as last told
}

// item is a piece of an answer, in whichever API's form.
type item struct {
	Type, Name, Text, Thinking, Arguments string
	Thought                               bool
	Summary, Content                      []item
	Input                                 json.RawMessage
	FunctionCall                          *struct {
		Name string
		Args json.RawMessage
	}
}

type chatMessage struct {
	Content   string
	Reasoning string `json:"reasoning_content"`
	ToolCalls []struct {
		Function struct{ Name, Arguments string }
	} `json:"tool_calls"`
}

type tokens struct {
	Input      int `json:"input_tokens"`
	Output     int `json:"output_tokens"`
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
}

// event adds an event or a whole body of any API.
func (s *said) event(t *testing.T, data string) {
	t.Helper()
	if data == "[DONE]" {
		return
	}
	var e struct {
		Type, Object, Status string
		Choices              []struct {
			Delta, Message chatMessage
			Finish         string `json:"finish_reason"`
		}
		Delta      json.RawMessage
		Block      item `json:"content_block"`
		Item       item
		Output     []item // Responses, whole
		Content    []item // Messages, whole
		Stop       string `json:"stop_reason"`
		Candidates []struct {
			Content struct{ Parts []item }
			Finish  string `json:"finishReason"`
		}
		Usage             tokens
		Message, Response struct{ Usage tokens }
		UsageMetadata     struct{ PromptTokenCount, CandidatesTokenCount, ThoughtsTokenCount int }
	}
	if err := json.Unmarshal([]byte(data), &e); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	for _, c := range e.Choices {
		s.finish += c.Finish
		for _, m := range []chatMessage{c.Delta, c.Message} {
			s.text += m.Content
			s.thought += m.Reasoning
			for _, call := range m.ToolCalls {
				s.tool += call.Function.Name
				s.arguments += call.Function.Arguments
			}
		}
	}
	for _, c := range e.Candidates {
		s.finish += c.Finish
		s.items(c.Content.Parts)
	}
	s.items(e.Output)
	s.items(e.Content)
	s.finish += e.Stop
	switch e.Type {
	case "response.output_text.delta", "response.reasoning_summary_text.delta", "response.function_call_arguments.delta":
		var text string
		if err := json.Unmarshal(e.Delta, &text); err != nil {
			t.Fatal(err)
		}
		*map[string]*string{"response.o": &s.text, "response.r": &s.thought, "response.f": &s.arguments}[e.Type[:10]] += text
	case "response.output_item.added":
		s.tool += e.Item.Name
	case "response.completed":
		s.finish = "completed"
	case "content_block_start":
		s.tool += e.Block.Name
	case "content_block_delta", "message_delta":
		var d struct {
			Text, Thinking string
			JSON           string `json:"partial_json"`
			Stop           string `json:"stop_reason"`
		}
		if err := json.Unmarshal(e.Delta, &d); err != nil {
			t.Fatal(err)
		}
		s.text, s.thought, s.arguments, s.finish = s.text+d.Text, s.thought+d.Thinking, s.arguments+d.JSON, s.finish+d.Stop
	}
	if e.Object == "response" {
		s.finish = e.Status
	}
	for _, u := range []tokens{e.Usage, e.Message.Usage, e.Response.Usage,
		{Input: e.UsageMetadata.PromptTokenCount, Output: e.UsageMetadata.CandidatesTokenCount + e.UsageMetadata.ThoughtsTokenCount}} {
		s.input = max(s.input, u.Input, u.Prompt)
		s.output = max(s.output, u.Output, u.Completion)
	}
}

func (s *said) items(all []item) {
	for _, i := range all {
		switch {
		case i.Thought:
			s.thought += i.Text
		default:
			s.text += i.Text
		}
		s.thought += i.Thinking
		for _, part := range i.Summary {
			s.thought += part.Text
		}
		s.items(i.Content)
		s.tool += i.Name
		s.arguments += i.Arguments + string(i.Input)
		if i.FunctionCall != nil {
			s.tool += i.FunctionCall.Name
			s.arguments += string(i.FunctionCall.Args)
		}
	}
}
