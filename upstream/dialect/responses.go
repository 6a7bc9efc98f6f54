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
	broken  bool  // the last event's response has failed
	waiting uint8 // the states that were said, a bit for each
}

// Event implements Judge.
func (j *responsesJudge) Event(ev stream.Event) Verdict {
	if size, ok := j.fits(ev); ok {
		j.heard(size)
		return Progress
	}
	return j.read(ev)
}

// read judges one that fits no mould.
func (j *responsesJudge) read(ev stream.Event) Verdict {
	defer j.forget()
	j.drop()
	event := ev.Name
	if !known(event) {
		event = j.kind(ev.Data)
	}
	switch string(event) {
	case "response.completed", "response.incomplete":
		if j.settle(ev.Data); j.broken {
			return Foreign // many clients stop at it, and take it for the end of a whole answer
		}
		j.ended = true
		return Last
	case "response.failed":
		j.settle(ev.Data)
		return Error
	case "error":
		if !BeginsJSON(ev.Data) {
			return Foreign
		}
		return Error
	case "keepalive", "ping":
		return Heartbeat
	case "response.created":
		return j.state(1)
	case "response.queued":
		return j.state(2)
	case "response.in_progress":
		return j.state(4)
	case "":
		return j.unnamed(ev)
	}
	if bytes.HasSuffix(event, []byte(".delta")) {
		return j.delta(ev)
	}
	return Step
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
	return Step
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
	case err != nil:
		return Progress // JSON in a loose sense
	case size == 0:
		return Step
	}
	j.heard(size)
	j.take(ev)
	return Progress
}

// unnamed judges what has no type. [DONE] is the end of nothing by itself: a
// stream without its last event is cut, and clients that know [DONE] would take
// it for whole.
func (j *responsesJudge) unnamed(ev stream.Event) Verdict {
	f, ok := readFault(ev.Data)
	switch {
	case done(ev.Data) && j.ended:
		return Marker
	case done(ev.Data):
		return Void
	case ok && f.said:
		return Error
	case ok && f.failed():
		return Failed
	case alarm(ev.Name):
		return Foreign
	case blankData(ev.Data), pulse(ev.Name):
		return Heartbeat
	}
	return unread(ev, Step)
}

// settle reads the usage of the response in an event, and whether it failed.
func (j *responsesJudge) settle(data []byte) {
	d := &j.d
	var err error
	for key := range j.object(data, &err) {
		if string(key) != "response" {
			err = d.Skip()
			continue
		}
		for key := range object(d, &err) {
			switch string(key) {
			case "usage":
				var u stream.Usage
				u, err = openAIUsage(d)
				j.count(u)
			case "status":
				var status []byte
				status, err = word(d)
				j.broken = j.broken || among(failing, status)
			case "error":
				var failed bool
				failed, err = says(d)
				j.broken = j.broken || failed
			default:
				err = d.Skip()
			}
		}
	}
}

// Finished implements Judge.
func (j *responsesJudge) Finished() bool { return j.ended }

// Usage implements Judge.
func (j *responsesJudge) Usage() stream.Usage { return j.used() }
