package dialect

import (
	"testing"

	"tidegate/stream"
)

const (
	chatText   = `{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}`
	chatFinish = `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`
)

// A failure is told in many ways that no SDK knows, and the end marker comes
// right behind many of them.
func TestFailuresOfChat(t *testing.T) {
	for name, l := range map[string]line{
		"error of a choice":                      {"", `{"choices":[{"index":0,"delta":{"content":""},"finish_reason":null,"error":{"code":502,"message":"m"}}]}`, Failed, false},
		"the same, finished":                     {"", `{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error","error":{"code":502,"message":"m"}}]}`, Failed, false},
		"finish by error":                        {"", `{"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}`, Failed, false},
		"with the last text":                     {"", `{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"error"}]}`, Failed, false},
		"of Completions":                         {"", `{"choices":[{"index":0,"text":"b","finish_reason":"abort"}]}`, Failed, false},
		"in upper case":                          {"", `{"choices":[{"index":0,"delta":{},"finish_reason":"ERROR"}]}`, Failed, false},
		"for want of resources":                  {"", `{"choices":[{"index":0,"delta":{},"finish_reason":"insufficient_system_resource"}]}`, Failed, false},
		"broken network":                         {"", `{"choices":[{"index":0,"delta":{},"finish_reason":"network_error"}]}`, Failed, false},
		"cancelled":                              {"", `{"choices":[{"index":0,"delta":{},"finish_reason":"cancelled"}]}`, Failed, false},
		"aborted, in an object":                  {"", `{"choices":[{"index":0,"delta":{},"finish_reason":{"type":"abort","message":"m"}}]}`, Failed, false},
		"several errors":                         {"", `{"errors":[{"message":"m","code":3040}],"success":false,"result":{}}`, Failed, false},
		"no success":                             {"", `{"success":false}`, Failed, false},
		"a status in base_resp":                  {"", `{"base_resp":{"status_code":1002,"status_msg":"m"}}`, Failed, false},
		"the same beside choices":                {"", `{"choices":[],"base_resp":{"status_code":1002,"status_msg":"m"}}`, Failed, false},
		"error_code":                             {"", `{"error_code":336003,"error_msg":"m"}`, Failed, false},
		"a code and words":                       {"", `{"code":500,"message":"m","type":"server_error"}`, Failed, false},
		"a line of text":                         {"", `upstream timed out`, Foreign, false},
		"a line of text that begins as a word":   {"message", `not found`, Foreign, false},
		"a page":                                 {"", `<html>502</html>`, Foreign, false},
		"text, named":                            {"error", `upstream timed out`, Foreign, false},
		"nothing, named":                         {"error", ``, Foreign, false},
		"an exception":                           {"exception", `{"message":"m"}`, Foreign, false},
		"an error field":                         {"error", `{"code":500,"message":"m","type":"server_error"}`, Foreign, false},
		"an error field without a code":          {"error", `{"x":"m"}`, Foreign, false},
		"an error without a field":               {"error", `{"error":"m"}`, Error, false},
		"a status of its own":                    {"", `{"object":"status","message":"searching"}`, Step, false},
		"its cost":                               {"", `{"object":"cost","message":"0.01"}`, Step, false},
		"a detail of its own":                    {"", `{"type":"metadata","detail":{"latency":3}}`, Step, false},
		"the code of a success":                  {"", `{"code":0,"message":"Success","usage":{"completion_tokens":1}}`, Step, false},
		"no error, said at length":               {"", `{"choices":[{"index":0,"delta":{"content":"b"}}],"error":{"code":0,"message":"","type":null}}`, Progress, false},
		"no error of a choice":                   {"", `{"choices":[{"index":0,"delta":{"content":"b"},"error":null}]}`, Progress, false},
		"base_resp of a success":                 {"", `{"choices":[{"index":0,"delta":{"content":"b"}}],"base_resp":{"status_code":0,"status_msg":""}}`, Progress, false},
		"a filter that failed, and the text not": {"", `{"choices":[{"index":0,"delta":{"content":"b"},"content_filter_results":{"error":{"code":"content_filter_error"}}}]}`, Progress, false},
		"NaN":                                    {"", `{"choices":[{"index":0,"logprobs":{"x":NaN},"delta":{"content":"b"}}]}`, Progress, false},
		"text of another event":                  {"status", `searching`, Step, false},
		"a new finish reason":                    {"", `{"choices":[{"index":0,"delta":{},"finish_reason":"unheard_of"}]}`, Step, true},
		"a finish reason in an object":           {"", `{"choices":[{"index":0,"delta":{},"finish_reason":{"type":"stop","matched":2}}]}`, Step, true},
		"null, as a text":                        {"", `{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"null"}]}`, Progress, false},
		"the marker in spaces":                   {"", " [DONE]\t ", Marker, false},
		"the marker of no event":                 {"", `[done]`, Progress, false},
	} {
		t.Run(name, func(t *testing.T) {
			j := dialectOf(stream.ChatCompletions).Judge(stream.ChatCompletions)
			j.Event(event("", chatText))
			if got := j.Event(event(l.name, l.data)); got != l.want {
				t.Errorf("judged %d, want %d", got, l.want)
			}
			if l.want != Failed && j.Finished() != l.finished {
				t.Errorf("finished %v", !l.finished)
			}
		})
	}
}

func TestFailuresOfOthers(t *testing.T) {
	for name, c := range map[string]struct {
		api stream.API
		line
	}{
		"Responses: the marker alone":           {stream.Responses, line{"", ` [DONE]`, Void, false}},
		"Responses: completed, and failed":      {stream.Responses, line{"response.completed", `{"type":"response.completed","response":{"status":"failed","error":{"code":"server_error"}}}`, Foreign, false}},
		"Responses: completed, and cancelled":   {stream.Responses, line{"response.completed", `{"type":"response.completed","response":{"status":"cancelled","error":null}}`, Foreign, false}},
		"Responses: completed, with an error":   {stream.Responses, line{"response.completed", `{"type":"response.completed","response":{"error":{"message":"m"}}}`, Foreign, false}},
		"Responses: incomplete":                 {stream.Responses, line{"response.incomplete", `{"type":"response.incomplete","response":{"status":"incomplete","error":null}}`, Last, true}},
		"Responses: an error without data":      {stream.Responses, line{"error", ``, Foreign, false}},
		"Responses: an error in text":           {stream.Responses, line{"error", `overloaded`, Foreign, false}},
		"Responses: text":                       {stream.Responses, line{"", `overloaded`, Foreign, false}},
		"Responses: an error of vLLM's":         {stream.Responses, line{"", `{"object":"error","message":"m"}`, Failed, false}},
		"Responses: a part that failed":         {stream.Responses, line{"response.mcp_call.failed", `{"type":"response.mcp_call.failed","item_id":"i"}`, Step, false}},
		"Responses: a ping":                     {stream.Responses, line{"ping", `{}`, Heartbeat, false}},
		"Messages: another's marker":            {stream.Messages, line{"", `[DONE]`, Void, false}},
		"Messages: an error without data":       {stream.Messages, line{"error", ``, Foreign, false}},
		"Messages: an error in text":            {stream.Messages, line{"error", `overloaded`, Foreign, false}},
		"Messages: text":                        {stream.Messages, line{"", `overloaded`, Foreign, false}},
		"Messages: an exception":                {stream.Messages, line{"exception", `{"message":"m"}`, Failed, false}},
		"Messages: a stop that failed":          {stream.Messages, line{"message_delta", `{"type":"message_delta","delta":{"stop_reason":"error"}}`, Failed, true}},
		"Messages: a stop of null":              {stream.Messages, line{"message_delta", `{"type":"message_delta","delta":{"stop_reason":"null"}}`, Heartbeat, false}},
		"Messages: tokens that are not shown":   {stream.Messages, line{"content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"","estimated_tokens":50}}`, Step, false}},
		"Gemini: another's marker":              {stream.GenerateContent, line{"", `[DONE]`, Void, false}},
		"Gemini: text":                          {stream.GenerateContent, line{"", `overloaded`, Foreign, false}},
		"Gemini: an error without data":         {stream.GenerateContent, line{"error", ``, Foreign, false}},
		"Gemini: blocked, it is not said why":   {stream.GenerateContent, line{"", `{"promptFeedback":{"blockReason":"BLOCK_REASON_UNSPECIFIED"}}`, Step, false}},
		"Gemini: a finish that failed":          {stream.GenerateContent, line{"", `{"candidates":[{"index":0,"finishReason":"ERROR"}]}`, Failed, false}},
		"Gemini: a finish that nobody has seen": {stream.GenerateContent, line{"", `{"candidates":[{"index":0,"finishReason":"TOO_MANY_TOOL_CALLS"}]}`, Step, true}},
	} {
		t.Run(name, func(t *testing.T) { hear(t, c.api, []line{c.line}) })
	}
}

// What a provider has never said before is progress; said again it is none.
func TestNews(t *testing.T) {
	for name, c := range map[string]struct {
		api        stream.API
		first      string
		news, more string
	}{
		"llama.cpp reads the prompt": {
			stream.ChatCompletions, chatText,
			`{"choices":[{"index":0,"delta":{"content":null}}],"prompt_progress":{"total":1000,"processed":200}}`,
			`{"choices":[{"index":0,"delta":{"content":null}}],"prompt_progress":{"total":1000,"processed":400}}`,
		},
		"vLLM holds text back": {
			stream.ChatCompletions, chatText,
			`{"choices":[{"index":0,"delta":{"content":""},"token_ids":[1,2]}]}`,
			`{"choices":[{"index":0,"delta":{"content":""},"token_ids":[3]}]}`,
		},
		"Azure filters": {
			stream.ChatCompletions, chatText,
			`{"choices":[{"index":0,"finish_reason":null,"content_filter_results":{},"content_filter_offsets":{"check_offset":44}}]}`,
			`{"choices":[{"index":0,"finish_reason":null,"content_filter_results":{},"content_filter_offsets":{"check_offset":99}}]}`,
		},
		"Perplexity searches": {
			stream.ChatCompletions, chatText,
			`{"choices":[{"index":0,"delta":{"content":""}}],"search_results":[{"url":"a"}]}`,
			`{"choices":[{"index":0,"delta":{"content":""}}],"search_results":[{"url":"a"},{"url":"b"}]}`,
		},
		"Gemini searches": {
			stream.GenerateContent, `{"candidates":[{"index":0,"content":{"parts":[{"text":"a"}]}}]}`,
			`{"candidates":[{"index":0,"groundingMetadata":{"webSearchQueries":["a"]}}]}`,
			`{"candidates":[{"index":0,"groundingMetadata":{"webSearchQueries":["b"]}}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			hear(t, c.api, []line{
				{"", c.first, Progress, false},
				{"", c.news, Step, false},
				{"", c.news, Heartbeat, false},
				{"", c.more, Step, false},
				{"", c.first, Progress, false},
			})
		})
	}
}
