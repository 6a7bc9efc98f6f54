package dialect

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"tidegate/stream"
)

// What follows reads recorded streams a second time, in the plainest way there
// is and for any API, sharing nothing with the judges.

type payload struct {
	name, text string
	object     map[string]any // nil: it is none
}

// payloads splits a stream's text into what its events carry.
func payloads(body string) (all []payload) {
	text := strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\r", "\n")
	blocks := strings.Split(text, "\n\n")
	for i, block := range blocks {
		var p payload
		var data []string
		for line := range strings.SplitSeq(block, "\n") {
			if value, ok := strings.CutPrefix(line, "data:"); ok {
				data = append(data, strings.TrimPrefix(value, " "))
			} else if value, ok := strings.CutPrefix(line, "event:"); ok {
				p.name = strings.TrimPrefix(value, " ")
			}
		}
		p.text = strings.Join(data, "\n")
		if len(data) == 0 || i == len(blocks)-1 && p.text != "[DONE]" {
			continue // what no blank line ends is no event
		}
		if json.Unmarshal([]byte(p.text), &p.object) != nil {
			// a recording may have lost its last bracket
			_ = json.Unmarshal([]byte(p.text+"}"), &p.object)
		}
		all = append(all, p)
	}
	return all
}

// oracle says how a recorded stream ends, and what it says of its usage.
func oracle(r recording) (end, stream.Usage) {
	var u stream.Usage
	done := map[any]bool{}
	result := end("")
	for _, p := range payloads(string(r.body)) {
		if result != "" {
			break // a recording of several streams
		}
		at := func(path ...string) any { return dig(p.object, path...) }
		switch api := apis[r.api]; api {
		case stream.ChatCompletions, stream.Completions:
			tokens(&u, at("x_groq", "usage"))
			tokens(&u, at("usage"))
			choices, _ := at("choices").([]any)
			for _, c := range choices {
				reason, _ := dig(c, "finish_reason").(string)
				index := dig(c, "index")
				done[index] = done[index] || reason != ""
			}
			result = first(result, p.text == "[DONE]", complete)
			result = first(result, at("error") != nil, failed)
		case stream.Responses:
			tokens(&u, at("response", "usage"))
			result = first(result, at("type") == "response.completed" || at("type") == "response.incomplete", complete)
			result = first(result, at("type") == "response.failed" || at("type") == "error", failed)
		case stream.Messages:
			if at("type") == "message_start" {
				anthropicTokens(&u, at("message", "usage"))
			}
			anthropicTokens(&u, at("usage"))
			result = first(result, at("type") == "message_stop", complete)
			result = first(result, at("type") == "error", failed)
		case stream.GenerateContent:
			geminiTokens(&u, at("usageMetadata"))
			candidates, _ := at("candidates").([]any)
			for _, c := range candidates {
				index := dig(c, "index")
				done[index] = done[index] || dig(c, "finishReason") != nil
			}
			result = first(result, at("error") != nil, failed)
		}
	}
	var whole map[string]any
	switch {
	case result != "":
	case json.Unmarshal(r.body, &whole) == nil && whole["error"] != nil:
		result = failed
	case len(done) == 0 || slices.Contains(slices.Collect(maps.Values(done)), false) || !endsWell(string(r.body)):
		result = truncated
	case apis[r.api] == stream.GenerateContent:
		result = complete
	default:
		result = finished
	}
	return result, u
}

// endsWell says whether there is nothing behind the last event.
func endsWell(body string) bool {
	return strings.HasSuffix(strings.ReplaceAll(body, "\r\n", "\n"), "\n\n")
}

func first(so end, is bool, what end) end {
	if so == "" && is {
		return what
	}
	return so
}

func dig(value any, path ...string) any {
	for _, name := range path {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// n is a number in a usage object; 0: it is not there.
func n(usage any, path ...string) int64 {
	f, _ := dig(usage, path...).(float64)
	return int64(f)
}

func tokens(u *stream.Usage, usage any) {
	read := stream.Usage{
		Input:  n(usage, "prompt_tokens") + n(usage, "input_tokens"),
		Output: n(usage, "completion_tokens") + n(usage, "output_tokens"),
		Cached: max(n(usage, "prompt_tokens_details", "cached_tokens"), n(usage, "input_tokens_details", "cached_tokens"),
			n(usage, "cached_tokens"), n(usage, "prompt_cache_hit_tokens")),
		Reasoning: n(usage, "completion_tokens_details", "reasoning_tokens") + n(usage, "output_tokens_details", "reasoning_tokens"),
	}
	if read.Reasoning > 0 && n(usage, "total_tokens") == read.Input+read.Output+read.Reasoning {
		read.Output += read.Reasoning
	}
	if read.Known() {
		*u = read
	}
}

func anthropicTokens(u *stream.Usage, usage any) {
	if dig(usage, "input_tokens") != nil {
		u.Input = n(usage, "input_tokens") + n(usage, "cache_read_input_tokens") + n(usage, "cache_creation_input_tokens")
		u.Cached = n(usage, "cache_read_input_tokens")
	}
	if dig(usage, "output_tokens") != nil {
		u.Output = n(usage, "output_tokens")
	}
}

func geminiTokens(u *stream.Usage, usage any) {
	read := stream.Usage{
		Input:     n(usage, "promptTokenCount") + n(usage, "toolUsePromptTokenCount"),
		Output:    n(usage, "candidatesTokenCount") + n(usage, "thoughtsTokenCount"),
		Cached:    n(usage, "cachedContentTokenCount"),
		Reasoning: n(usage, "thoughtsTokenCount"),
	}
	if read.Known() {
		*u = read
	}
}
