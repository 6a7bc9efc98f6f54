package dialect

import (
	"github.com/go-faster/jx"

	"tidegate/stream"
)

// account is a judge's account of a stream's tokens.
type account struct {
	reader
	mould
	said   stream.Usage // by the provider
	events int          // that had output
	bytes  int          // of output, as written in JSON
	asked  int          // choices
}

// Asked implements Judge.
func (a *account) Asked(choices int) { a.asked = choices }

// heard takes an event's output into account.
func (a *account) heard(bytes int) {
	a.events++
	a.bytes += bytes
}

// count takes the newest usage, and says whether it says anything new: many
// speakers send one with every event, which grows.
func (a *account) count(u stream.Usage) bool {
	if !u.Known() || u == a.said {
		return false
	}
	a.said = u
	return true
}

// used is what the provider has said, and an estimate of the output where it
// has not said any although there was some.
func (a *account) used() stream.Usage {
	u := a.said
	if u.Output == 0 && a.events > 0 {
		u.Output, u.Estimated = reckon(a.events, a.bytes), true
	}
	return u
}

// reckon estimates tokens. Most providers send one with each event. Those that
// send several in one do so at more than bundled bytes an event: there a token
// has about four bytes.
func reckon(events, bytes int) int64 {
	if bytes > events*bundled {
		return int64(bytes / 4)
	}
	return int64(events)
}

const bundled = 8

// usageMember reads the usage that stands in a member of an object.
func usageMember(body []byte, name string, read func(*jx.Decoder) (stream.Usage, error)) (u stream.Usage) {
	var r reader
	var err error
	for key := range r.object(body, &err) {
		if string(key) == name {
			u, err = read(&r.d)
		} else {
			err = r.d.Skip()
		}
	}
	if err != nil {
		return stream.Usage{}
	}
	return u
}

// openAIUsage reads the usage object of OpenAI's APIs, which name the same
// things differently.
func openAIUsage(d *jx.Decoder) (u stream.Usage, err error) {
	var total, cached int64
	for key := range object(d, &err) {
		switch string(key) {
		case "prompt_tokens", "input_tokens":
			u.Input, err = number(d)
		case "completion_tokens", "output_tokens":
			u.Output, err = number(d)
		case "total_tokens":
			total, err = number(d)
		case "prompt_tokens_details", "input_tokens_details":
			u.Cached, err = detail(d, "cached_tokens")
		case "completion_tokens_details", "output_tokens_details":
			u.Reasoning, err = detail(d, "reasoning_tokens")
		case "cached_tokens", "prompt_cache_hit_tokens": // Together and Moonshot; DeepSeek
			cached, err = number(d)
		default:
			err = d.Skip()
		}
	}
	u.Cached = max(u.Cached, cached)
	if u.Reasoning > 0 && total == u.Input+u.Output+u.Reasoning {
		u.Output += u.Reasoning // xAI counts it apart in Chat
	}
	return u, err
}

// detail reads an object's member.
func detail(d *jx.Decoder, name string) (n int64, err error) {
	for key := range object(d, &err) {
		if string(key) == name {
			n, err = number(d)
		} else {
			err = d.Skip()
		}
	}
	return n, err
}

// anthropicUsage reads Anthropic's. What was written to the cache and read
// from it stands beside input_tokens, not in it.
func anthropicUsage(d *jx.Decoder) (u stream.Usage, err error) {
	for key := range object(d, &err) {
		var n int64
		switch string(key) {
		case "input_tokens", "cache_creation_input_tokens":
			n, err = number(d)
			u.Input += n
		case "cache_read_input_tokens":
			n, err = number(d)
			u.Input += n
			u.Cached += n
		case "output_tokens":
			u.Output, err = number(d)
		default:
			err = d.Skip()
		}
	}
	return u, err
}

// geminiUsage reads Gemini's usageMetadata. Thoughts stand beside the
// candidates' tokens and not in them; so does what tools brought beside the
// prompt's.
func geminiUsage(d *jx.Decoder) (u stream.Usage, err error) {
	for key := range object(d, &err) {
		var n int64
		switch string(key) {
		case "promptTokenCount", "toolUsePromptTokenCount":
			n, err = number(d)
			u.Input += n
		case "candidatesTokenCount":
			n, err = number(d)
			u.Output += n
		case "thoughtsTokenCount":
			n, err = number(d)
			u.Output += n
			u.Reasoning = n
		case "cachedContentTokenCount":
			u.Cached, err = number(d)
		default:
			err = d.Skip()
		}
	}
	return u, err
}
