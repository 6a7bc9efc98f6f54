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
}

// Event implements Judge.
func (j *contentJudge) Event(ev stream.Event) Verdict {
	if size, ok := j.fits(ev); ok {
		j.heard(size)
		return Progress
	}
	defer j.forget()
	j.settle()
	first := !j.begun
	j.begun = true
	c, err := readContent(&j.reader, ev.Data)
	switch {
	case c.failed:
		return Error
	case len(ev.Data) == 0:
		return Heartbeat
	case err != nil:
		return Progress // not of this API: whatever it is, it came
	case !c.ours:
		if _, failed := failure(ev.Data); failed {
			return Error
		}
		return Progress
	}
	news := j.candidates.join(c.replies)
	counted := j.count(c.usage)
	blocked := c.blocked && !j.blocked
	j.blocked = j.blocked || blocked
	if c.output > 0 {
		j.heard(c.output)
		j.take(ev)
	}
	if first || news || counted || blocked {
		return Progress
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
func (j *contentJudge) Finished() bool { return j.blocked || j.candidates.whole() }

// Usage implements Judge.
func (j *contentJudge) Usage() stream.Usage {
	j.settle()
	return j.used()
}

// content is what matters of a GenerateContentResponse.
type content struct {
	failed  bool
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
		default:
			err = d.Skip()
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
		c.blocked = len(reason) > 0
	}
	return err
}

func (c *content) readCandidate(d *jx.Decoder) (err error) {
	var index int64
	finished := false
	for key := range object(d, &err) {
		switch string(key) {
		case "index":
			index, err = number(d)
		case "finishReason":
			var reason []byte
			reason, err = word(d)
			finished = len(reason) > 0 && string(reason) != "FINISH_REASON_UNSPECIFIED"
		case "content":
			err = c.readParts(d)
		default:
			err = d.Skip()
		}
	}
	c.add(index, finished)
	return err
}

func (c *content) readParts(d *jx.Decoder) (err error) {
	for key := range object(d, &err) {
		if string(key) != "parts" {
			err = d.Skip()
			continue
		}
		for range array(d, &err) {
			for key := range object(d, &err) {
				// an empty functionCall ends one whose arguments came in parts
				c.some = c.some || string(key) != "text" && string(key) != "thought"
				err = c.weigh(d)
			}
		}
	}
	return err
}
