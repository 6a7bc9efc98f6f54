package dialect

import (
	"fmt"
	"testing"

	"tidegate/stream"
)

// Text behind a finish makes it none; what has no text does not.
func TestSpeakingOn(t *testing.T) {
	const gemini = `{"candidates":[{"index":0,"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}`
	for name, c := range map[string]struct {
		api      stream.API
		events   []string
		finished bool
	}{
		"text":             {stream.ChatCompletions, []string{chatText, chatFinish, chatText}, false},
		"text, twice":      {stream.ChatCompletions, []string{chatText, chatFinish, chatText, chatText}, false},
		"text, and again":  {stream.ChatCompletions, []string{chatText, chatFinish, chatText, chatFinish}, true},
		"a tool call":      {stream.ChatCompletions, []string{chatFinish, `{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}}]}`}, false},
		"of Completions":   {stream.Completions, []string{`{"choices":[{"index":0,"text":"a","finish_reason":"stop"}]}`, `{"choices":[{"index":0,"text":"b","finish_reason":null}]}`}, false},
		"in every event":   {stream.ChatCompletions, []string{`{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}`, `{"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}]}`}, true},
		"a filter's event": {stream.ChatCompletions, []string{chatFinish, `{"choices":[{"index":0,"finish_reason":null,"content_filter_results":{"hate":{"filtered":false}}}]}`}, true},
		"usage":            {stream.ChatCompletions, []string{chatFinish, `{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":{"completion_tokens":2}}`}, true},
		"a repetition":     {stream.ChatCompletions, []string{chatFinish, `{"choices":[{"index":0,"delta":{},"message":{"content":"a"},"finish_reason":null}]}`}, true},
		"Gemini's":         {stream.GenerateContent, []string{gemini, `{"candidates":[{"index":0,"content":{"parts":[{"text":"b"}]}}]}`}, false},
		"Gemini's, always": {stream.GenerateContent, []string{gemini, gemini, gemini}, true},
		"a signature":      {stream.GenerateContent, []string{gemini, `{"candidates":[{"index":0,"content":{"parts":[{"text":"","thoughtSignature":"x"}]}}]}`}, true},
		"what was found":   {stream.GenerateContent, []string{gemini, `{"candidates":[{"index":0,"groundingMetadata":{"x":"y"}}]}`}, true},
	} {
		t.Run(name, func(t *testing.T) {
			j := dialectOf(c.api).Judge(c.api)
			for _, data := range c.events {
				j.Event(event("", data))
			}
			if got := j.Finished(); got != c.finished {
				t.Errorf("finished %v", got)
			}
		})
	}
}

// Each choice has to finish, however many there are, and all that were asked
// for.
func TestManyChoices(t *testing.T) {
	for name, c := range map[string]struct {
		asked, begin, end int
		finished          bool
	}{
		"one":                       {1, 1, 1, true},
		"nobody says how many":      {0, 3, 3, true},
		"one of two has come":       {2, 1, 1, false},
		"two":                       {2, 2, 2, true},
		"more than were asked for":  {1, 3, 3, true},
		"one of a hundred is late":  {100, 100, 99, false},
		"a hundred":                 {100, 100, 100, true},
		"as many as there may be":   {128, 128, 128, true},
		"more than are told apart":  {1, 129, 129, false},
		"more than that were asked": {500, 128, 128, true},
	} {
		t.Run(name, func(t *testing.T) {
			j := OpenAI{}.Judge(stream.ChatCompletions)
			j.Asked(c.asked)
			for i := range c.begin {
				j.Event(event("", fmt.Sprintf(`{"choices":[{"index":%d,"delta":{"content":"a"},"finish_reason":null}]}`, i)))
			}
			for i := range c.end {
				j.Event(event("", fmt.Sprintf(`{"choices":[{"index":%d,"delta":{},"finish_reason":"stop"}]}`, i)))
			}
			if got := j.Finished(); got != c.finished {
				t.Errorf("finished %v", got)
			}
		})
	}
}

func TestChoices(t *testing.T) {
	for body, want := range map[string]int{
		`{"model":"m"}`: 1, `{"n":1}`: 1, `{"messages":[{"n":5}],"n":3}`: 3, `{"n":null}`: 1, `{"n":"2"}`: 1,
		`{"n":0}`: 1, `{"n":-4}`: 1, `{"n":999999}`: maxChoices, `{"n":2`: 1, ``: 1, `[2]`: 1,
	} {
		if got := Choices([]byte(body)); got != want {
			t.Errorf("%s: got %d, want %d", body, got, want)
		}
	}
}
