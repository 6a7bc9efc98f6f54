package dialect

import (
	"github.com/go-faster/jx"

	"tidegate/stream"
)

// chunk is what matters of an event of Chat Completions or Completions.
type chunk struct {
	failed  bool // it says that the provider failed
	choices bool // it has choices, if perhaps none
	tallied bool // its usage is more than null
	usage   stream.Usage
	replies
}

// replies is what matters of an event's choices or candidates: of those that
// stand beside one another in one answer.
type replies struct {
	appeared uint64 // a bit for each index
	finished uint64
	output   int  // bytes of the longest text in them
	some     bool // there is something in them, if perhaps no text
}

// weigh reads what an event adds to one of them.
func (r *replies) weigh(d *jx.Decoder) error {
	size, some, err := weigh(d)
	r.output, r.some = max(r.output, size), r.some || some
	return err
}

// add adds the one of an index. Those beyond 63 are taken for one.
func (r *replies) add(index int64, finished bool) {
	bit := uint64(1) << min(index, 63)
	r.appeared |= bit
	if finished {
		r.finished |= bit
	}
}

// join adds those of an event, and says whether there is anything new.
func (r *replies) join(more replies) bool {
	before := *r
	r.appeared |= more.appeared
	r.finished |= more.finished
	return more.some || *r != before
}

// whole says that each that has appeared has finished.
func (r *replies) whole() bool { return r.finished != 0 && r.finished == r.appeared }

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
			c.failed = c.failed || string(kind) == "error"
		case "choices":
			c.choices = true
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
		default:
			err = d.Skip()
		}
	}
	return c, err
}

func (c *chunk) readChoice(d *jx.Decoder) (err error) {
	var index int64
	finished := false
	for key := range object(d, &err) {
		switch string(key) {
		case "index":
			index, err = number(d)
		case "finish_reason":
			var reason []byte
			reason, err = word(d)
			finished = len(reason) > 0 // some speakers send "" with every chunk
		case "text":
			err = c.weigh(d)
		case "delta", "message": // Perplexity and Writer repeat it all in message
			for key := range object(d, &err) {
				if string(key) == "role" {
					err = d.Skip()
				} else {
					err = c.weigh(d)
				}
			}
		default:
			err = d.Skip()
		}
	}
	c.add(index, finished)
	return err
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
			c.failed = c.failed || failed
		default:
			err = d.Skip()
		}
	}
	return err
}
