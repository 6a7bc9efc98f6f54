package dialect

import (
	"github.com/go-faster/jx"

	"tidegate/stream"
)

// messagesJudge reads streams of Messages
// (docs.anthropic.com/en/api/messages-streaming). They end with message_stop;
// message_delta with its stop_reason comes before that. Each event has a type,
// which is its name as well. Types that are not known may come.
type messagesJudge struct {
	account
	start   stream.Usage // said at the beginning, when there is no output yet
	stopped bool         // a stop_reason was given
	broken  bool         // it is one of an answer that broke off
}

// Event implements Judge.
func (j *messagesJudge) Event(ev stream.Event) Verdict {
	if size, ok := j.fits(ev); ok {
		j.heard(size)
		return Progress
	}
	return j.read(ev)
}

// read judges one that fits no mould.
func (j *messagesJudge) read(ev stream.Event) Verdict {
	defer j.forget()
	j.drop()
	if verdict, known := j.event(ev.Name, ev); known {
		return verdict
	}
	kind := j.kind(ev.Data)
	if verdict, known := j.event(kind, ev); known {
		return verdict
	}
	_, failed := failure(ev.Data)
	switch {
	case done(ev.Data):
		return Void
	case len(kind) == 0 && failed:
		return Failed
	case alarm(ev.Name):
		return Foreign
	case blankData(ev.Data), pulse(ev.Name):
		return Heartbeat
	}
	return unread(ev, Step)
}

func (j *messagesJudge) event(kind []byte, ev stream.Event) (v Verdict, known bool) {
	switch string(kind) {
	case "message_start":
		j.start = j.readMessage(ev.Data)
	case "content_block_start", "content_block_stop":
	case "content_block_delta":
		return j.delta(ev), true
	case "message_delta":
		return j.finish(ev.Data), true
	case "message_stop":
		return Last, true
	case "ping":
		return Heartbeat, true
	case "error":
		switch {
		case !BeginsJSON(ev.Data):
			return Foreign, true
		case string(ev.Name) != "error": // what clients know an error by
			return Failed, true
		}
		return Error, true
	default:
		return Step, false
	}
	return Step, true
}

// delta judges a content_block_delta that fits no mould.
func (j *messagesJudge) delta(ev stream.Event) Verdict {
	size, some := 0, false
	var err error
	for key := range j.object(ev.Data, &err) {
		if string(key) != "delta" {
			err = j.d.Skip()
			continue
		}
		for key := range object(&j.d, &err) {
			if string(key) == "type" {
				err = j.d.Skip()
				continue
			}
			if j.d.Next() == jx.Number { // of tokens that are thought and not shown
				var tokens int64
				tokens, err = number(&j.d)
				some = some || tokens > 0
				continue
			}
			var n int
			var more bool
			n, more, err = weigh(&j.d)
			size, some = max(size, n), some || more
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

// finish reads a message_delta.
func (j *messagesJudge) finish(data []byte) Verdict {
	before, stopped := j.said, j.stopped
	u := j.readMessage(data)
	// each is the newest total; what is left out, or 0, was said at the beginning
	if u.Input > 0 {
		j.said.Input, j.said.Cached = u.Input, u.Cached
	}
	if u.Output > 0 {
		j.said.Output = u.Output
	}
	switch {
	case j.broken:
		return Failed
	case j.said == before && j.stopped == stopped:
		return Heartbeat
	}
	return Step
}

// readMessage reads usage and stop_reason, which stand in an event or in its
// message or delta.
func (j *messagesJudge) readMessage(data []byte) (u stream.Usage) {
	j.d.ResetBytes(data)
	_ = j.readUsage(&j.d, &u)
	return u
}

func (j *messagesJudge) readUsage(d *jx.Decoder, u *stream.Usage) (err error) {
	for key := range object(d, &err) {
		switch string(key) {
		case "message", "delta":
			err = j.readUsage(d, u)
		case "usage":
			*u, err = anthropicUsage(d)
		case "stop_reason":
			var finished, failed bool
			finished, failed, err = finish(d)
			j.stopped, j.broken = j.stopped || finished, j.broken || failed
		default:
			err = d.Skip()
		}
	}
	return err
}

// Finished implements Judge.
func (j *messagesJudge) Finished() bool { return j.stopped }

// Usage implements Judge. What message_start says of the output is a few
// tokens whatever comes.
func (j *messagesJudge) Usage() stream.Usage {
	u := j.used()
	if u.Input == 0 {
		u.Input, u.Cached = j.start.Input, j.start.Cached
	}
	if j.said.Output == 0 && j.start.Output > u.Output {
		u.Output, u.Estimated = j.start.Output, true
	}
	return u
}
