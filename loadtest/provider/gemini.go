package provider

import (
	"fmt"
	"net/http"
	"strings"
)

// addressed reads what Gemini has in the path: the model and the method.
func (x *exchange) addressed() {
	path := x.r.PathValue("call")
	if at := strings.LastIndexByte(path, ':'); at >= 0 {
		x.request.model, x.method = path[:at], path[at+1:]
	}
}

// contents is POST /v1beta/models/{model}:{method}.
func contents(x *exchange) error {
	switch x.method {
	case "generateContent":
		return wholeContent(x)
	case "streamGenerateContent":
		if x.r.URL.Query().Get("alt") != "sse" {
			return x.refuse(http.StatusBadRequest, "alt: only sse is streamed here")
		}
		if x.request.callsTool() && x.script.tokens() > MaxWholeTokens {
			return x.refuseLength()
		}
		return x.stream(contentEvents)
	case "countTokens":
		n := x.promptTokens()
		return x.whole(fmt.Appendf(nil, `{"totalTokens":%d,"promptTokensDetails":[{"modality":"TEXT","tokenCount":%d}]}`, n, n))
	}
	return x.refuse(http.StatusNotFound, "method: known are generateContent, streamGenerateContent, countTokens")
}

func wholeContent(x *exchange) error {
	if err := x.generate(); err != nil {
		return err
	}
	part := ""
	if n := x.script.Reasoning; n > 0 {
		part = `{"text":"` + Text(n) + `","thought":true},`
	}
	if x.request.callsTool() {
		part += functionCall(x)
	} else {
		part += `{"text":"` + Text(x.script.tokens()) + `"}`
	}
	return x.whole([]byte(`{"candidates":[{"content":{"parts":[` + part + `],"role":"model"},"finishReason":"STOP","index":0}],` + contentEnd(x)))
}

func functionCall(x *exchange) string {
	return `{"functionCall":{"id":"call_` + x.call.ID + `","name":` + quote(x.request.tool) + `,"args":{"input":"` + Text(x.script.tokens()) + `"}}}`
}

// contentEnd is what stands after the candidates when all is said.
func contentEnd(x *exchange) string {
	prompt, thoughts := x.promptTokens(), ""
	if n := x.script.Reasoning; n > 0 {
		thoughts = fmt.Sprintf(`"thoughtsTokenCount":%d,`, n)
	}
	return fmt.Sprintf(`"usageMetadata":{"promptTokenCount":%d,%s"candidatesTokenCount":%d,"totalTokenCount":%d},%s}`,
		prompt, thoughts, x.script.tokens(), prompt+x.script.total(), version(x))
}

func version(x *exchange) string {
	return `"modelVersion":` + x.modelJSON() + `,"responseId":"` + x.call.ID + `"`
}

// contentEvents is the stream of generateContent. Its usage grows from event
// to event. A function call comes in one of them, with all its arguments.
func contentEvents(x *exchange) *answer {
	a, f := &answer{}, newFraming(&x.script)
	const begin, mid = `{"candidates":[{"content":{"parts":[{"text":"`, `],"role":"model"},"index":0}],`
	prompt, reasoning := x.promptTokens(), x.script.Reasoning
	tail := []byte("}," + version(x) + "}" + f.end())
	usage := fmt.Sprintf(`"usageMetadata":{"promptTokenCount":%d`, prompt)
	if reasoning > 0 {
		a.tokens(reasoning, &shape{
			open: []byte(f.field + begin), shut: []byte(`","thought":true}` + mid + usage),
			numbers: []number{{`,"thoughtsTokenCount":`, 1}, {`,"totalTokenCount":`, prompt + 1}}, end: tail,
		})
		usage += fmt.Sprintf(`,"thoughtsTokenCount":%d`, reasoning)
	}
	a.text = &shape{
		open: []byte(f.field + begin), shut: []byte(`"}` + mid + usage),
		numbers: []number{{`,"candidatesTokenCount":`, 1}, {`,"totalTokenCount":`, prompt + reasoning + 1}}, end: tail,
	}
	if x.request.callsTool() {
		a.later(func() []byte {
			return f.event(`{"candidates":[{"content":{"parts":[` + functionCall(x) + mid + contentEnd(x))
		})
	} else {
		a.tokens(x.script.tokens(), a.text)
	}
	a.whole(f.event(begin + `"}],"role":"model"},"finishReason":"STOP","index":0}],` + contentEnd(x)))
	return a
}
