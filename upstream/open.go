package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"tidegate/stream"
)

// Caller makes calls along its routes. It implements stream.Opener.
type Caller struct {
	routes *Routes
}

// NewCaller makes a Caller.
func NewCaller(routes *Routes) *Caller { return &Caller{routes: routes} }

// Models lists the configured models.
func (c *Caller) Models() []string { return c.routes.Models() }

// Open implements stream.Opener.
func (c *Caller) Open(ctx context.Context, call *stream.Call) (*stream.Answer, error) {
	route, ok := c.routes.Find(call.Model)
	if !ok {
		return nil, unknownModel(call.Model)
	}
	answer, err := route.Provider.open(ctx, call, route.Rename)
	var refusal *stream.Refusal
	if errors.As(err, &refusal) {
		refusal.Provider, refusal.Model = route.Provider.name, route.Model
	}
	if answer != nil {
		answer.Provider, answer.Model = route.Provider.name, route.Model
	}
	return answer, err
}

var errNoFirst = errors.New("upstream: no first event in time")

func (p *Provider) open(parent context.Context, call *stream.Call, rename string) (*stream.Answer, error) {
	ctx, cancel := context.WithCancelCause(parent)
	limit := p.timeouts.Total
	if call.Stream {
		limit = p.timeouts.FirstEvent
	}
	timer := time.AfterFunc(limit, func() { cancel(errNoFirst) })

	answer, err := p.answer(ctx, cancel, call, rename)
	if err != nil {
		defer cancel(nil)
		timer.Stop()
		var refusal *stream.Refusal
		switch {
		case parent.Err() != nil:
			return nil, context.Cause(parent)
		case context.Cause(ctx) == errNoFirst:
			return nil, tooLate(call, limit, err)
		case errors.As(err, &refusal):
			return nil, err
		}
		return nil, unreachable(err)
	}
	if answer.Source != nil {
		timer.Stop()
	} else {
		answer.Body = &body{answer.Body, func() { timer.Stop(); cancel(nil) }}
	}
	return answer, nil
}

func (p *Provider) answer(ctx context.Context, cancel context.CancelCauseFunc, call *stream.Call, rename string) (*stream.Answer, error) {
	resp, err := p.transport.RoundTrip(p.request(ctx, call, rename))
	if err != nil {
		return nil, err
	}
	answer := &stream.Answer{
		Status: resp.StatusCode, Header: forClient(resp.Header),
		Body: resp.Body, Length: resp.ContentLength,
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return p.refused(answer, kind)
	case !call.Stream:
		if kind == "text/html" {
			_ = resp.Body.Close()
			return nil, notAnAPI(resp.StatusCode, kind)
		}
		return answer, nil
	case kind != "text/event-stream" || resp.Header.Get("Content-Encoding") != "" && resp.Header.Get("Content-Encoding") != "identity":
		return p.noStream(answer, kind)
	}

	source := newSource(ctx, cancel, p, call.API, resp.Body)
	if err := source.first(); err != nil {
		return nil, source.noFirst(err)
	}
	if status, failed := p.dialect.Failed(source.event.Data); failed {
		data := bytes.Clone(source.event.Data)
		source.Close()
		answer.Header["Content-Type"] = []string{"application/json"} // an event of a stream it is no longer
		return whole(answer, errorStatus(status), data), nil
	}
	answer.Source, answer.Body = source, nil
	return answer, nil
}

// request makes the provider's request of a client's.
func (p *Provider) request(ctx context.Context, call *stream.Call, rename string) *http.Request {
	content := call.Body
	if rename != "" && rename != call.Model {
		name, _ := json.Marshal(rename)
		content = bytes.Join([][]byte{content[:call.ModelAt[0]], name, content[call.ModelAt[1]:]}, nil)
	}
	target, header := p.urls[call.API], p.header
	if call.Stream {
		header = p.streamHeader
	}
	return (&http.Request{
		Method: http.MethodPost, URL: target, Host: target.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(content)), ContentLength: int64(len(content)),
	}).WithContext(ctx)
}

// body is an answer's body that releases its call when closed.
type body struct {
	io.ReadCloser
	release func()
}

func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.release()
	return err
}
