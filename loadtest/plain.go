package loadtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
	api    string
	body   []byte
	http   answer
	scan   scanner
	buf    []byte
	ready  block
	some   bool // ready is one
	marked bool // the API's end marker came
	failed bool // an error came
	done   bool // the end was told
	over   error
}

const plainBuffer = 16 << 10

func (p *plain) open(ctx context.Context, _ uint64) (int, error) {
	path := "/v1/chat/completions"
	extra := ""
	if p.api == Messages {
		path, extra = "/v1/messages", "anthropic-version: 2023-06-01\r\n"
		if p.target.Key != "" {
			extra += "x-api-key: " + p.target.Key + "\r\n"
		}
	}
	return 0, p.ask(ctx, "POST", path, extra, p.body)
}

// ask sends a request and reads until its answer has begun.
func (p *plain) ask(ctx context.Context, method, path, extra string, body []byte) error {
	c, err := p.dial(ctx)
	if err != nil {
		return err
	}
	var request bytes.Buffer
	fmt.Fprintf(&request, "%s %s%s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n%s", method, p.target.path, path, p.target.host, extra)
	_ = p.header().Write(&request) // a buffer takes everything
	if body != nil {
		fmt.Fprintf(&request, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	request.WriteString("\r\n")
	request.Write(body)
	if _, err := c.Write(request.Bytes()); err != nil {
		return err
	}
	p.http, p.scan, p.over, p.some = answer{}, scanner{}, nil, false
	if p.buf == nil {
		p.buf = make([]byte, plainBuffer)
	}
	for p.http.at == inHead {
		if err := p.fill(); err != nil {
			return err
		}
	}
	if p.http.status != 200 || !p.http.events {
		return &refusedError{status: p.http.status}
	}
	return nil
}

// fill reads what has come.
func (p *plain) fill() error {
	if p.http.at == inEnd {
		return io.EOF
	}
	n, err := p.conn.Read(p.buf)
	if n > 0 {
		return p.http.feed(p.buf[:n], p.scan.feed)
	}
	if errors.Is(err, io.EOF) {
		return p.http.end()
	}
	return err
}

func (p *plain) pull() (block, error) {
	for {
		if b, ok := p.at(); ok {
			return b, nil
		}
		if p.over == nil {
			p.over = p.fill()
		}
		if p.over != nil {
			return block{}, p.over
		}
	}
}

// at is the next event of those that are at hand.
func (p *plain) at() (block, bool) {
	if p.some {
		p.some = false
		return p.ready, true
	}
	return p.scan.next()
}

// more implements carrier.
func (p *plain) more() bool {
	if !p.some {
		p.ready, p.some = p.scan.next()
	}
	return p.some
}

// next implements carrier. After the end it returns what comes all the same,
// and io.EOF.
func (p *plain) next() (event, error) {
	b, err := p.pull()
	if err != nil {
		return event{}, p.last(err)
	}
	return p.event(&b)
}

// event is what a block means.
func (p *plain) event(b *block) (event, error) {
	if p.api == Chat && bytes.Equal(b.data, doneMarker) {
		p.done = true // programs read no further
		return event{}, ended(check.Whole, true, "the end marker")
	}
	e := event{Event: check.Event{Name: b.name, Data: b.data}}
	switch {
	case isProblem(b):
		e.problem, p.failed = true, true
	case string(b.name) == "message_stop":
		p.marked = true
	}
	return e, nil
}

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
