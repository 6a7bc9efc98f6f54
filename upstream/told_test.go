package upstream

import (
	"io"
	"strings"
	"testing"

	"tidegate/stream"
	"tidegate/upstream/dialect"
)

// A failed answer is never told as whole, though its provider sends the end
// marker behind, in any API. told: the client knows the provider's own words for
// an error, else the gateway has to say one.
func TestFailedIsNotWhole(t *testing.T) {
	const (
		text = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n"
		done = "data: [DONE]\n\n"
		part = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hi\"}]},\"finishReason\":\"STOP\",\"index\":0}]}\n\n"
	)
	for name, c := range map[string]struct {
		api    stream.API
		say    string
		events int // that are passed on
		told   bool
	}{
		"an error":                      {stream.ChatCompletions, text + "data: {\"error\":{\"message\":\"m\"}}\n\n" + done, 2, true},
		"an error field":                {stream.ChatCompletions, text + "error: {\"code\":500,\"message\":\"m\"}\n\n" + done, 1, false},
		"an error without a field":      {stream.ChatCompletions, text + "{\"error\":\"m\"}\n\n" + done, 2, true},
		"an error without data":         {stream.ChatCompletions, text + "event: error\n\n" + done, 1, false},
		"an error of a choice":          {stream.ChatCompletions, text + "data: {\"choices\":[{\"error\":{\"message\":\"m\"}}]}\n\n" + done, 2, false},
		"a finish that failed":          {stream.ChatCompletions, text + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"error\"}]}\n\n" + done, 2, false},
		"text that is no event":         {stream.ChatCompletions, text + "data: timed out\n\n" + done, 1, false},
		"a failure, and then the usage": {stream.ChatCompletions, text + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"error\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"completion_tokens\":2}}\n\n" + done, 3, false},
		"Responses, another's marker":   {stream.Responses, created + delta + done, 2, false},
		"Responses, completed by error": {stream.Responses, created + delta + strings.Replace(completed, "\"completed\"", "\"failed\"", 1) + done, 2, false},
		"Messages, another's marker":    {stream.Messages, msgStart + msgText + msgFinish + done, 3, false},
		"Messages, an error in text":    {stream.Messages, msgStart + msgText + "event: error\ndata: overloaded\n\n" + msgFinish + msgStop, 3, false},
		"Messages, a stop that failed":  {stream.Messages, msgStart + msgText + strings.Replace(msgFinish, "end_turn", "error", 1) + msgStop, 3, false},
		"Messages, an error, then stop": {stream.Messages, msgStart + msgText + "event: error\ndata: {\"type\":\"error\",\"error\":{}}\n\n" + msgStop, 3, true},
		"Responses, an error, then end": {stream.Responses, created + delta + "event: error\ndata: {\"type\":\"error\"}\n\n" + completed, 3, true},
		"Gemini, an error behind it":    {stream.GenerateContent, part + "error: {\"code\":500}\n\n", 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, tells bool) {
				p := provider(t, nil, func(o *ProviderOptions) {
					switch c.api {
					case stream.Messages:
						anthropic(o)
					case stream.GenerateContent:
						o.Dialect = dialect.Gemini{}
					}
				})
				first, rest, _ := strings.Cut(c.say, "\n\n")
				x := pumpAPI(t, p, c.api, tells, first+"\n\n")
				x.wire.end = io.EOF
				x.say(rest)
				close(x.wire.in)
				x.take()
				end, over := x.over()
				if !over || end.Reason == stream.Complete || end.Told != c.told {
					t.Errorf("over %v, %+v", over, end)
				}
				if len(x.got) != c.events {
					t.Errorf("got %d events: %q", len(x.got), x.got)
				}
				for _, data := range x.got {
					if strings.Contains(data, "[DONE]") {
						t.Errorf("the marker was passed on: %q", data)
					}
				}
			})
		})
	}
}

// Of several choices that were asked for, one is not all.
func TestAskedChoices(t *testing.T) {
	const one = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n"
	for n, want := range map[string]stream.Reason{`1`: stream.Complete, `2`: stream.UpstreamTruncated, `null`: stream.Complete} {
		call := chat("m", true)
		call.Body = []byte(`{"n":` + n + `,"model":"m","stream":true}`)
		call.ModelAt = [2]int{}
		p := provider(t, answering(200, events, one), finishes)
		answer, err := NewCaller(routes(t, map[string][]Choice{"m": {{To: "p"}}}, map[string]*Provider{"p": p}), usual).Open(t.Context(), call)
		if err != nil {
			t.Fatal(err)
		}
		if _, end := pumped(t, answer); end.Reason != want {
			t.Errorf("n of %s: %+v", n, end)
		}
	}
}
