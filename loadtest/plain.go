package loadtest

import (
	"bytes"
	"context"
	"io"

	"tidegate/loadtest/check"
)

// APIs of the plain transport.
const (
	Chat     = "chat"
	Messages = "messages"
)

// plain calls a provider's API as its SDKs do: carrier.
type plain struct {
	*line
	body
	api     string
	request []byte
	marked  bool // the API's end marker came
	failed  bool // an error came
	done    bool // the end was told
}

func (p *plain) open(ctx context.Context, _ uint64) (int, error) {
	path := "/v1/chat/completions"
	extra := ""
	if p.api == Messages {
		path, extra = "/v1/messages", "anthropic-version: 2023-06-01\r\n"
		if p.target.Key != "" {
			extra += "x-api-key: " + p.target.Key + "\r\n"
		}
	}
	return 0, p.events(ctx, "POST", path, extra, p.request, &p.body)
}

// next implements carrier. After the end it goes on with what comes all the
// same, and io.EOF.
func (p *plain) next(e *event) (bool, error) {
	b, ok, err := p.body.next()
	switch {
	case !ok && err != nil:
		return false, p.last(err)
	case !ok:
		return false, nil
	case p.api == Chat && bytes.Equal(b.data, doneMarker):
		p.done = true // programs read no further
		return false, ended(check.Whole, true, "the end marker")
	}
	*e = event{Event: check.Event{Name: b.name, Data: b.data}}
	switch {
	case isProblem(&b):
		e.problem, p.failed = true, true
	case string(b.name) == "message_stop":
		p.marked = true
	}
	return true, nil
}

func (p *plain) broke(err error) error { return p.last(p.body.broke(err)) }

// last is what the end of the body means, once.
func (p *plain) last(err error) error {
	if p.done {
		return io.EOF
	}
	p.done = true
	return p.ending(err)
}

// isProblem says whether an event says an error, in the form of any API.
func isProblem(b *block) bool {
	const object = `{"error":`
	return string(b.name) == "error" || len(b.data) >= len(object) && string(b.data[:len(object)]) == object
}

// ending is what the end of the body means to a program behind an SDK.
func (p *plain) ending(err error) error {
	switch {
	case p.failed:
		return ended(check.Told, p.marked, "an error")
	case p.marked:
		return ended(check.Whole, true, "the end marker, and the end of the body")
	case err == io.EOF:
		return ended(check.Whole, false, "the end of the body, without an end marker")
	case isTimeout(err):
		return ended(check.Silent, false, "nothing came")
	}
	return ended(check.Told, false, "the connection broke off: "+brief(err))
}

func (p *plain) resume(context.Context, uint64, uint64) (int, error) { return 0, errNoReturn }
func (p *plain) ack(uint64, uint64) error                            { return nil }
func (p *plain) cancel() error                                       { p.drop(); return nil }
