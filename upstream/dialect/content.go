package dialect

import (
	"github.com/go-faster/jx"

	"tidegate/stream"
)

// contentJudge reads streams of streamGenerateContent?alt=sse
// (ai.google.dev/api/generate-content#v1beta.GenerateContentResponse). They
// have no end marker: a finishReason for each candidate, or a prompt that was
// blocked, and then the end of the body. Early models sent a finishReason with
// every event.
type contentJudge struct {
	account
	begun      bool
	blocked    bool
	candidates replies
	extra      uint64 // of the newest event without output
}

// Event implements Judge.
func (j *contentJudge) Event(ev stream.Event) Verdict {
	if size, ok := j.fits(ev); ok {
		j.heard(size)
		return Progress
	}
	return j.read(ev)
}

// read judges one that fits no mould.
func (j *contentJudge) read(ev stream.Event) Verdict {
	defer j.forget()
	j.settle()
	c, err := readContent(&j.reader, ev.Data)
	switch {
	case c.failed:
		return Error
	case c.broken:
		return Failed
	case done(ev.Data):
		return Void
	case alarm(ev.Name):
		return Foreign
	case blankData(ev.Data), pulse(ev.Name):
		return Heartbeat
	case err != nil:
		return unread(ev, Progress)
	case !c.ours:
		if _, failed := failure(ev.Data); failed {
			return Failed
		}
	}
	return j.content(ev, &c)
}

// content judges one that is no failure.
func (j *contentJudge) content(ev stream.Event, c *content) Verdict {
	first, counted := !j.begun, j.count(c.usage)
	j.begun = true
	news := j.candidates.join(c.replies) || c.blocked && !j.blocked
	j.blocked = j.blocked || c.blocked
	if c.output > 0 {
		j.heard(c.output)
		j.take(ev)
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
func (j *contentJudge) settle() {
	if j.counts {
		if c, err := readContent(&j.reader, j.text); err == nil {
			j.count(c.usage)
		}
	}
	j.drop()
}

// Finished implements Judge.
func (j *contentJudge) Finished() bool { return j.blocked || j.candidates.whole(j.asked) }

// Usage implements Judge.
func (j *contentJudge) Usage() stream.Usage {
	j.settle()
	return j.used()
}

// content is what matters of a GenerateContentResponse.
type content struct {
	failed  bool
	broken  bool // it says in another way that the provider failed
	ours    bool // it is one
	blocked bool // the prompt was
	usage   stream.Usage
	replies // candidates
}

func readContent(r *reader, data []byte) (c content, err error) {
	d := &r.d
	for key := range r.object(data, &err) {
		switch string(key) {
		case "error":
			c.failed, err = says(d)
		case "candidates":
			c.ours = true
			for range array(d, &err) {
				err = c.readCandidate(d)
			}
		case "promptFeedback":
			c.ours = true
			err = c.readFeedback(d)
		case "usageMetadata":
			c.ours = true
			c.usage, err = geminiUsage(d)
		case "modelVersion", "responseId", "createTime":
			err = d.Skip()
		default:
			err = c.more(d)
		}
	}
	return c, err
}

func (c *content) readFeedback(d *jx.Decoder) (err error) {
	for key := range object(d, &err) {
		if string(key) != "blockReason" {
			err = d.Skip()
			continue
		}
		var reason []byte
		reason, err = word(d)
		c.blocked = len(reason) > 0 && string(reason) != "BLOCK_REASON_UNSPECIFIED"
	}
	return err
}

func (c *content) readCandidate(d *jx.Decoder) (err error) {
	var index int64
	finished, spoken := false, false
	for key := range object(d, &err) {
		switch string(key) {
		case "index":
			index, err = number(d)
		case "finishReason":
			var failed bool
			finished, failed, err = finish(d)
			c.broken = c.broken || failed
		case "content":
			spoken, err = c.readParts(d)
		default:
			err = c.more(d)
		}
	}
	c.add(index, finished, spoken)
	return err
}

// readParts says whether they speak: a signature may come behind the finish.
func (c *content) readParts(d *jx.Decoder) (spoken bool, err error) {
	for key := range object(d, &err) {
		if string(key) != "parts" {
			err = d.Skip()
			continue
		}
		for range array(d, &err) {
			for key := range object(d, &err) {
				// an empty functionCall ends one whose arguments came in parts
				c.some = c.some || string(key) != "text" && string(key) != "thought"
				signs := string(key) == "thoughtSignature"
				var some bool
				some, err = c.weigh(d)
				spoken = spoken || some && !signs
			}
		}
	}
	return spoken, err
}
