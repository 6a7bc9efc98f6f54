package dialect

import (
	"bytes"

	"tidegate/stream"
)

// responsesJudge reads streams of Responses
// (platform.openai.com/docs/api-reference/responses-streaming). Each event has
// a type, which is its name as well; some speakers leave the name out. The
// last one is response.completed or response.incomplete; of a failure it is
// response.failed, with or without an error event before it. OpenRouter sends
// [DONE] behind it.
type responsesJudge struct {
	account
	ended   bool
	waiting uint8 // the states that were said, a bit for each
}

// Event implements Judge.
func (j *responsesJudge) Event(ev stream.Event) Verdict {
	if size, ok := j.fits(ev); ok {
		j.heard(size)
		return Progress
	}
	defer j.forget()
	j.drop()
	event := ev.Name
	if !known(event) {
		event = j.kind(ev.Data)
	}
	switch string(event) {
	case "response.completed", "response.incomplete":
		j.ended = true
		j.settle(ev.Data)
		return Last
	case "response.failed":
		j.settle(ev.Data)
		return Error
	case "error":
		return Error
	case "keepalive":
		return Heartbeat
	case "response.created":
		return j.state(1)
	case "response.queued":
		return j.state(2)
	case "response.in_progress":
		return j.state(4)
	case "":
		return j.unnamed(ev.Data)
	}
	if bytes.HasSuffix(event, []byte(".delta")) {
		return j.delta(ev)
	}
	return Progress
}

// known says whether a name is of this API, and not what a speaker calls every
// event.
func known(name []byte) bool {
	return bytes.HasPrefix(name, []byte("response.")) || string(name) == "error" || string(name) == "keepalive"
}

// state is progress when it is new: a response may be said to be in progress
// again and again.
func (j *responsesJudge) state(bit uint8) Verdict {
	if j.waiting&bit != 0 {
		return Heartbeat
	}
	j.waiting |= bit
	return Progress
}

// delta judges one that fits no mould.
func (j *responsesJudge) delta(ev stream.Event) Verdict {
	size, some := 0, true
	var err error
	for key := range j.object(ev.Data, &err) {
		if string(key) == "delta" {
			size, some, err = weigh(&j.d)
		} else {
			err = j.d.Skip()
		}
	}
	switch {
	case err == nil && !some:
		return Heartbeat
	case size > 0:
		j.heard(size)
	}
	if err == nil {
		j.take(ev)
	}
	return Progress
}

// unnamed judges what has no type.
func (j *responsesJudge) unnamed(data []byte) Verdict {
	_, failed := failure(data)
	switch {
	case len(data) == 0:
		return Heartbeat
	case string(data) == "[DONE]" && j.ended:
		return Marker // of nothing by itself: a stream without its last event is cut
	case failed:
		return Error
	}
	return Progress
}

// settle reads the usage of the response in an event.
func (j *responsesJudge) settle(data []byte) {
	d := &j.d
	var err error
	for key := range j.object(data, &err) {
		if string(key) != "response" {
			err = d.Skip()
			continue
		}
		for key := range object(d, &err) {
			if string(key) != "usage" {
				err = d.Skip()
				continue
			}
			var u stream.Usage
			u, err = openAIUsage(d)
			j.count(u)
		}
	}
}

// Finished implements Judge.
func (j *responsesJudge) Finished() bool { return j.ended }

// Usage implements Judge.
func (j *responsesJudge) Usage() stream.Usage { return j.used() }
