package upstream

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
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
		got = p.whole(answer, kind, call, u)
	default:
		got = p.events(answer, kind, call, asked, u)
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
func (p *Provider) whole(answer *stream.Answer, kind string, call *stream.Call, u *underWay) tried {
	if kind == "text/html" {
		_ = answer.Body.Close()
		return tried{outcome: foreign, err: notAnAPI(answer.Status, kind)}
	}
	b := &wholeBody{src: answer.Body, call: u}
	doubtful, err := b.peek(answer.Length, call.API)
	if err != nil {
		_ = answer.Body.Close()
		return tried{outcome: broken, err: brokenRefusal(err)}
	}
	deleted := answer.Status == http.StatusNoContent && call.Method == http.MethodDelete
	switch {
	case len(b.kept) == 0 && !deleted:
		_ = answer.Body.Close()
		return tried{outcome: foreign, err: notAnAPI(answer.Status, "")}
	case !dialect.BeginsJSON(b.kept) && len(bytes.TrimLeft(b.kept, " \t\r\n")) > 0:
		_ = answer.Body.Close()
		return tried{outcome: foreign, err: notAnAPI(answer.Status, cmp.Or(kind, "text"))}
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
func (p *Provider) events(answer *stream.Answer, kind string, call *stream.Call, asked bool, u *underWay) tried {
	s := newSource(u, call.API, answer.Body)
	s.hide = asked
	if s.ends && (call.API == stream.ChatCompletions || call.API == stream.Completions) {
		s.judge.Asked(dialect.Choices(call.Body))
	}
	err := s.first(kind)
	switch {
	case err == nil && s.failing():
		data := bytes.Clone(s.event.Data)
		s.drop()
		return p.failing(answer, data)
	case err == nil:
		answer.Source, answer.Body, answer.Usage = s, nil, nil
		if !strings.HasPrefix(http.Header(answer.Header).Get("Content-Type"), eventStream) {
			answer.Header["Content-Type"] = []string{eventStream} // browsers go by it
		}
		return tried{outcome: answered, answer: answer, source: s}
	}
	defer s.drop()
	switch {
	case err == errNoEvents:
		return p.noStream(answer, kind, s)
	case err == io.EOF && kind != eventStream:
		return tried{outcome: foreign, err: notAnAPI(answer.Status, kind)}
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

// failing is a stream whose first event says that the provider failed.
func (p *Provider) failing(answer *stream.Answer, data []byte) tried {
	if !dialect.BeginsJSON(data) {
		return tried{outcome: foreign, err: notAnAPI(answer.Status, "an error that is no JSON")}
	}
	status, _ := p.dialect.Failed(data)
	answer.Header["Content-Type"] = []string{"application/json"} // an event of a stream it is no longer
	return said(answer, errorStatus(status), data)
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
