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
	extra   uint64 // of the newest event without output
}

// Event implements Judge.
func (j *chatJudge) Event(ev stream.Event) Verdict {
	if size, ok := j.fits(ev); ok {
		j.heard(size)
		return Progress
	}
	return j.read(ev)
}

// read judges one that fits no mould.
func (j *chatJudge) read(ev stream.Event) Verdict {
	defer j.forget()
	if done(ev.Data) {
		return Marker
	}
	j.settle()
	c, err := readChunk(&j.reader, ev.Data)
	switch {
	case c.failed:
		return Error
	case c.broken:
		return Failed
	case alarm(ev.Name):
		return Foreign
	case blankData(ev.Data), pulse(ev.Name):
		return Heartbeat
	case err != nil:
		return unread(ev, Progress)
	case !c.choices:
		if _, failed := failure(ev.Data); failed {
			return Failed
		}
	}
	return j.chunk(ev, &c)
}

// chunk judges one that is no failure.
func (j *chatJudge) chunk(ev stream.Event, c *chunk) Verdict {
	first, counted := !j.begun, j.count(c.usage)
	j.begun = true
	if c.choices && c.appeared.none() && c.tallied {
		return Tally
	}
	news := j.choices.join(c.replies)
	if c.output > 0 {
		j.heard(c.output)
		if c.finished.none() {
			j.take(ev)
		}
		return Progress
	}
	if c.extra != 0 && c.extra != j.extra {
		j.extra, news = c.extra, true
	}
	if first || news || counted {
		return Step
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
func (j *chatJudge) Finished() bool { return j.choices.whole(j.asked) }

// Usage implements Judge.
func (j *chatJudge) Usage() stream.Usage {
	j.settle()
	return j.used()
}
