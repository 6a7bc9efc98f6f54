package upstream

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"tidegate/stream"
)

const finishedChat = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"

// What is plainly a stream of events is one, whatever its type; what is plainly
// something else is none.
func TestSniff(t *testing.T) {
	for name, c := range map[string]struct {
		kind, body string
		code       string // of a refusal; "": a stream
	}{
		"no type":                   {"", finishedChat, ""},
		"plain text":                {"text/plain; charset=utf-8", finishedChat, ""},
		"octets":                    {"application/octet-stream", finishedChat, ""},
		"JSON":                      {"application/json", finishedChat, ""},
		"in capitals":               {"Text/Event-Stream", finishedChat, ""},
		"after a comment":           {"", ": hello\n\n" + finishedChat, ""},
		"after empty lines":         {"text/plain", "\r\n\n  \n" + finishedChat, ""},
		"after a byte order mark":   {"text/plain", "\ufeff" + finishedChat, ""},
		"named":                     {"text/plain", "event: message\n" + finishedChat, ""},
		"with a number":             {"text/plain", "id: 7\n" + finishedChat, ""},
		"with a time":               {"text/plain", "retry: 10\n\n" + finishedChat, ""},
		"a page":                    {"text/html", "<html>", "upstream_not_an_api"},
		"events as a page":          {"text/html", finishedChat, ""},
		"a page as events":          {events, "<html>", "upstream_not_an_api"},
		"text":                      {"text/plain", "hello", "upstream_not_an_api"},
		"text of no type":           {"", "hello", "upstream_not_an_api"},
		"nothing":                   {"", "", "upstream_not_an_api"},
		"nothing but empty lines":   {"text/plain", "\n\n", "upstream_not_an_api"},
		"JSON lines":                {"application/x-ndjson", "{\"a\":1}\n{\"b\":2}\n", "upstream_not_an_api"},
		"a whole answer":            {"application/json", wholeChat, "not_streamed"},
		"a whole answer as events":  {events, "\n " + wholeChat, "not_streamed"},
		"a very long answer":        {"application/json", wholeChat[:len(wholeChat)-1] + `,"x":"` + strings.Repeat("x", 2*maxErrorBody) + `"}`, "not_streamed"},
		"an array of answers":       {"application/json", `[{"candidates":[{"content":{}}]}]`, "not_streamed"},
		"the health of a server":    {"application/json", `{"status":"ok"}`, "upstream_not_an_api"},
		"a marker of another API":   {events, "data: [DONE]", ""},
		"text in place of an event": {events, "data: overloaded\n\n", "upstream_not_an_api"},
	} {
		for _, whole := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				calls := 0
				answer, err := caller(t, func(*http.Request) (*http.Response, error) {
					calls++
					resp := response(200, c.kind, c.body)
					if !whole {
						resp.Body = io.NopCloser(iotest.OneByteReader(strings.NewReader(c.body)))
					}
					return resp, nil
				}, nil).Open(t.Context(), chat("m", true))
				if c.code != "" {
					r := refusal(t, err)
					if r.Code != c.code || calls != 1 {
						t.Errorf("%d %s %s after %d calls", r.Status, r.Code, r.Message, calls)
					}
					if c.code == "not_streamed" && r.Status != 400 {
						t.Errorf("status %d, which SDKs try again after", r.Status)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if _, end := pumped(t, answer); end.Reason != stream.Complete {
					t.Errorf("ended %+v", end)
				}
				if kind := http.Header(answer.Header).Get("Content-Type"); !strings.HasPrefix(strings.ToLower(kind), eventStream) {
					t.Errorf("the client gets %q", kind)
				}
			})
		}
	}
}

// An error is told in the provider's words and with its status, whatever it
// comes in.
func TestOddErrorsBeforeTheFirstEvent(t *testing.T) {
	const words = `{"error":{"message":"m","code":"429"}}`
	for name, c := range map[string]struct{ kind, body, words string }{
		"an event":               {events, "data: " + words + "\n\n", words},
		"one of no type":         {"", "data: " + words + "\n\n", words},
		"JSON as events":         {events, words, words},
		"JSON as events, pretty": {events, "{\n  \"error\": {\n    \"code\": 429\n  }\n}\n", "{\n  \"error\": {\n    \"code\": 429\n  }\n}"},
		"JSON of no type":        {"", "\n" + words, words},
		"JSON, then the marker":  {events, words + "\n\ndata: [DONE]\n\n", words + "\n\ndata: [DONE]"},
		"an error field":         {events, "error: " + words + "\n\ndata: [DONE]\n\n", words},
		"an error of a choice":   {events, "data: {\"choices\":[{\"error\":{\"code\":429}}]}\n\n", `{"choices":[{"error":{"code":429}}]}`},
		"behind heartbeats":      {events, ": hello\n\nevent: ping\ndata: {}\n\ndata: " + words + "\n\n", words},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := caller(t, answering(200, c.kind, c.body), nil).Open(t.Context(), chat("m", true))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err != nil || answer.Status != 429 || string(body) != c.words {
				t.Errorf("%d, %q, %v", answer.Status, body, err)
			}
			if kind := http.Header(answer.Header).Get("Content-Type"); kind != "application/json" {
				t.Errorf("type %q", kind)
			}
		})
	}
}
