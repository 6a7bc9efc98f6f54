package dialect

import (
	"github.com/go-faster/jx"

	"tidegate/stream"
)

// chunk is what matters of an event of Chat Completions or Completions.
type chunk struct {
	failed  bool // it says that the provider failed, as the API does
	broken  bool // it says so in another way
	choices bool // it has choices, if perhaps none
	tallied bool // its usage is more than null
	usage   stream.Usage
	replies
}

func readChunk(r *reader, data []byte) (c chunk, err error) {
	d := &r.d
	for key := range r.object(data, &err) {
		switch string(key) {
		case "error":
			var failed bool
			failed, err = says(d)
			c.failed = c.failed || failed
		case "object":
			var kind []byte
			kind, err = word(d)
			c.broken = c.broken || string(kind) == "error"
		case "choices":
			c.choices = d.Next() == jx.Array
			for range array(d, &err) {
				err = c.readChoice(d)
			}
		case "usage":
			c.tallied = d.Next() == jx.Object
			var u stream.Usage
			if u, err = openAIUsage(d); u.Known() {
				c.usage = u
			}
		case "x_groq":
			err = c.readGroq(d)
		case "base_resp":
			var code int64
			code, err = detail(d, "status_code")
			c.broken = c.broken || code != 0
		case "id", "created", "model", "system_fingerprint", "service_tier", "obfuscation", "p", "provider":
			err = d.Skip()
		default:
			err = c.more(d)
		}
	}
	return c, err
}

func (c *chunk) readChoice(d *jx.Decoder) (err error) {
	var index int64
	finished, spoken := false, false
	for key := range object(d, &err) {
		switch string(key) {
		case "index":
			index, err = number(d)
		case "finish_reason":
			var failed bool
			finished, failed, err = finish(d)
			c.broken = c.broken || failed
		case "error":
			var failed bool
			failed, err = says(d)
			c.broken = c.broken || failed
		case "text":
			spoken, err = c.weigh(d)
		case "delta":
			spoken, err = c.readDelta(d)
		case "message": // Perplexity and Writer repeat it all in it
			_, err = c.readDelta(d)
		case "native_finish_reason", "stop_reason":
			err = d.Skip()
		default:
			err = c.more(d)
		}
	}
	c.add(index, finished, spoken)
	return err
}

// readDelta says whether it speaks, and not only of what was spoken.
func (c *chunk) readDelta(d *jx.Decoder) (spoken bool, err error) {
	for key := range object(d, &err) {
		switch string(key) {
		case "role":
			err = d.Skip()
		case "content", "reasoning_content", "reasoning", "tool_calls", "function_call", "refusal", "audio":
			var some bool
			some, err = c.weigh(d)
			spoken = spoken || some
		default:
			_, err = c.weigh(d)
		}
	}
	return spoken, err
}

// readGroq reads Groq's addition, in which usage stands also where nobody has
// asked for it, and an error that ends a stream early.
func (c *chunk) readGroq(d *jx.Decoder) (err error) {
	for key := range object(d, &err) {
		switch string(key) {
		case "usage":
			var u stream.Usage
			if u, err = openAIUsage(d); !c.usage.Known() {
				c.usage = u
			}
		case "error":
			var failed bool
			failed, err = says(d)
			c.broken = c.broken || failed
		default:
			err = d.Skip()
		}
	}
	return err
}
