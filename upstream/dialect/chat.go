package dialect

import (
	"tidegate/stream"
)

// chatJudge reads streams of Chat Completions and Completions. They end with
// `data: [DONE]` (platform.openai.com/docs/api-reference/chat-streaming).
type chatJudge struct {
	account
	begun   bool
	choices replies
}

// Event implements Judge.
func (j *chatJudge) Event(ev stream.Event) Verdict {
	if size, ok := j.fits(ev); ok {
		j.heard(size)
		return Progress
	}
	defer j.forget()
	if string(ev.Data) == "[DONE]" {
		return Marker
	}
	j.settle()
	first := !j.begun
	j.begun = true
	c, err := readChunk(&j.reader, ev.Data)
	switch {
	case c.failed || string(ev.Name) == "error":
		return Error
	case len(ev.Data) == 0:
		return Heartbeat
	case err != nil:
		return Progress // not of this API: whatever it is, it came
	case !c.choices:
		if _, failed := failure(ev.Data); failed {
			return Error
		}
		j.count(c.usage)
		return Progress
	}
	counted := j.count(c.usage)
	if c.appeared == 0 && c.tallied {
		return Tally
	}
	news := j.choices.join(c.replies)
	if c.output > 0 {
		j.heard(c.output)
	}
	if c.output > 0 && c.finished == 0 {
		j.take(ev)
	}
	if first || news || counted {
		return Progress
	}
	return Heartbeat
}

// settle reads the usage of events that were only compared, and forgets them.
func (j *chatJudge) settle() {
	if j.counts {
		if c, err := readChunk(&j.reader, j.text); err == nil {
			j.count(c.usage)
		}
	}
	j.drop()
}

// Finished implements Judge.
func (j *chatJudge) Finished() bool { return j.choices.whole() }

// Usage implements Judge.
func (j *chatJudge) Usage() stream.Usage {
	j.settle()
	return j.used()
}
