package upstream

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"tidegate/stream"
	"tidegate/upstream/dialect"
	"tidegate/upstream/sse"
	"tidegate/upstream/transport"
)

// tried is what became of one request.
type tried struct {
	outcome outcome
	answer  *stream.Answer // what the provider said; nil: it is in err
	err     error
	words   []byte     // the answer's body, where that is an error
	source  *source    // the answer's
	body    *wholeBody // the answer's
	// spent says that the provider may have begun to make an answer, which costs.
	spent bool
	pause time.Duration // how long the provider asked to be left alone
}

// attempt makes one request, and waits until it is answered, or limit is over.
// It neither settles leave nor releases slot, unless it has succeeded: then
// that is up to the answer's Close.
func (t *target) attempt(parent context.Context, call *stream.Call, key int, limit time.Duration, u underWay) tried {
	p := t.provider
	u.provider = p
	u.ctx, u.cancel = context.WithCancelCause(parent)
	if !call.Stream {
		limit = min(limit, p.timeouts.Total)
	} else {
		limit = min(limit, p.timeouts.FirstEvent)
	}
	u.clock = newClock(limit, u.cancel)
	got := p.exchange(call, t.rename, key, &u)
	total := p.timeouts.Total
	if call.Stream {
		total = p.timeouts.Stream
	}
	if got.outcome == answered {
		if u.clock.begin(total) {
			return got
		}
		closeAnswer(got.answer)
		got = tried{outcome: late, err: tooLate(call, limit, errNoFirst), spent: true}
	}
	switch {
	case parent.Err() != nil:
		got = tried{outcome: left, err: context.Cause(parent)}
	case got.answer == nil && context.Cause(u.ctx) == errNoFirst:
		got = tried{outcome: late, err: tooLate(call, limit, got.err), spent: true}
	}
	u.clock.stop()
	u.cancel(nil)
	return got
}

// exchange sends the request and judges the beginning of what comes back.
func (p *Provider) exchange(call *stream.Call, rename string, key int, u *underWay) tried {
	req, asked, err := p.request(u.ctx, call, rename, key)
	if err != nil {
		return tried{outcome: refused, err: badTarget(err)}
	}
	resp, err := p.transport.RoundTrip(req) //nolint:bodyclose // it is the answer's, or closed by what refuses it
	if err != nil {
		return unsent(err)
	}
	encoding := unzip(resp)
	answer := &stream.Answer{
		Status: resp.StatusCode, Header: forClient(resp.Header),
		Body: resp.Body, Length: resp.ContentLength, Usage: noUsage,
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	var got tried
	switch {
	case encoding != "":
		_ = answer.Body.Close()
		got = tried{outcome: foreign, err: notAnAPI(answer.Status, kind+" as "+encoding)}
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		got = p.refusal(answer, kind)
		got.pause = retryAfter(resp.Header, time.Now())
	case !call.Stream:
		got = p.whole(answer, kind, u)
	case kind != "text/event-stream":
		got = p.noStream(answer, kind)
	default:
		got = p.events(answer, call.API, asked, u)
	}
	got.spent = got.spent || resp.StatusCode >= 200 && resp.StatusCode <= 299
	if call.API == stream.Response { // its usage counted when it was made
		answer.Usage = noUsage
		if got.source != nil {
			got.source.stored = true
		}
	}
	if got.words != nil {
		got.quote(p.keys.all[key].secret)
	}
	return got
}

// unsent is a request without a response.
func unsent(err error) tried {
	switch {
	case errors.Is(err, transport.ErrConnect):
		return tried{outcome: unreachable, err: unreachableRefusal(err)}
	case errors.Is(err, transport.ErrUnprocessed):
		return tried{outcome: unprocessed, err: brokenRefusal(err)}
	}
	return tried{outcome: broken, err: brokenRefusal(err), spent: true}
}

// whole is a good status where no events were asked for.
func (p *Provider) whole(answer *stream.Answer, kind string, u *underWay) tried {
	if kind == "text/html" {
		_ = answer.Body.Close()
		return tried{outcome: foreign, err: notAnAPI(answer.Status, kind)}
	}
	b := &wholeBody{src: answer.Body, call: u}
	doubtful, err := b.peek(answer.Length)
	if err != nil {
		_ = answer.Body.Close()
		return tried{outcome: broken, err: brokenRefusal(err)}
	}
	if len(b.kept) == 0 && answer.Status != http.StatusNoContent {
		_ = answer.Body.Close()
		return tried{outcome: foreign, err: notAnAPI(answer.Status, "")}
	}
	if doubtful != nil {
		if status, is := p.dialect.Failed(doubtful); is {
			_ = answer.Body.Close()
			return said(answer, errorStatus(status), doubtful)
		}
	}
	answer.Body, answer.Usage = b, b.usage
	return tried{outcome: answered, answer: answer, body: b}
}

// events is a stream of them, of which the first one is awaited.
func (p *Provider) events(answer *stream.Answer, api stream.API, asked bool, u *underWay) tried {
	s := newSource(u, api, answer.Body)
	s.hide = asked
	err := s.first()
	switch {
	case err == nil && s.verdict == dialect.Error:
		status, _ := p.dialect.Failed(s.event.Data)
		data := bytes.Clone(s.event.Data)
		s.drop()
		answer.Header["Content-Type"] = []string{"application/json"} // an event of a stream it is no longer
		return said(answer, errorStatus(status), data)
	case err == nil:
		answer.Source, answer.Body, answer.Usage = s, nil, nil
		return tried{outcome: answered, answer: answer, source: s}
	}
	s.drop()
	switch {
	case err == io.EOF:
		return tried{outcome: broken, err: &stream.Refusal{
			Status: http.StatusBadGateway, Code: "upstream_truncated",
			Message: "The provider ended its stream without a single event.", Err: err,
		}}
	case errors.Is(err, sse.ErrTooLarge):
		return tried{outcome: tooLarge, err: firstTooLarge(p.limits.MaxEvent, err)}
	}
	return tried{outcome: broken, err: brokenRefusal(err)}
}

// said is an answer that is an error in the provider's own words.
func said(answer *stream.Answer, status int, data []byte) tried {
	answer.Status = status
	return tried{outcome: outcomeOf(status), answer: answer, words: data}
}

// shortestSecret is how many bytes a key has to have not to stand in a sentence
// by chance.
const shortestSecret = 8

// quote makes the provider's words the answer's body. Some providers repeat the
// key that they refuse, which is not the client's to know.
func (t *tried) quote(secret string) {
	if len(secret) >= shortestSecret {
		t.words = bytes.ReplaceAll(t.words, []byte(secret), []byte("***"))
	}
	t.answer.Body, t.answer.Length = io.NopCloser(bytes.NewReader(t.words)), int64(len(t.words))
}

func closeAnswer(answer *stream.Answer) {
	if answer.Source != nil {
		answer.Source.Close()
		return
	}
	_ = answer.Body.Close()
}
