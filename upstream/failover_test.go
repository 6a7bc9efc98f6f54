package upstream

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"tidegate/stream"
)

const (
	apiError = `{"error":{"message":"m","type":"server_error"}}`
	badInput = `{"error":{"message":"m","type":"invalid_request_error"}}`
	tooMany  = `{"error":{"message":"m","type":"requests","code":"rate_limit_exceeded"}}`
)

// failure is a way in which a provider fails, what a client gets where there
// is no other, and whether another is asked.
type failure struct {
	name   string
	does   script
	status int    // that the client gets
	code   string // of the gateway's; empty: the provider's own words
	// goes says that the call goes on to another provider, and spent that it does
	// not go to another model of the same one: an answer may have been begun.
	goes, spent bool
	// began is a failure after the first event: that is passed on, and then the
	// end says so.
	began stream.Reason
}

var failures = []failure{
	{name: "refused", does: nil, status: 502, code: "upstream_unreachable", goes: true},
	{name: "reset", does: resets(""), status: 502, code: "upstream_failed", goes: true, spent: true},
	{name: "closed", does: says(""), status: 502, code: "upstream_failed", goes: true, spent: true},
	{name: "half a header", does: says("HTTP/1.1 200 OK\r\nContent-Ty"), status: 502, code: "upstream_failed", goes: true, spent: true},
	{name: "408", does: says(status(408, "application/json", apiError)), status: 408, goes: true},
	{name: "429", does: says(status(429, "application/json", tooMany)), status: 429, goes: true},
	{name: "500", does: says(status(500, "application/json", apiError)), status: 500, goes: true},
	{name: "503", does: says(status(503, "text/plain", "overloaded")), status: 503, goes: true},
	{name: "529", does: says(status(529, "application/json", apiError)), status: 529, goes: true},
	{name: "HTML", does: says(status(502, "text/html", "<html>")), status: 502, code: "upstream_not_an_api", goes: true},
	{name: "HTML with 200", does: says(status(200, "text/html", "<html>")), status: 502, code: "upstream_not_an_api", goes: true, spent: true},
	{name: "error with 200", does: says(status(200, "application/json", apiError)), status: 500, goes: true, spent: true},
	{name: "no header", does: hangs(""), status: 504, code: "upstream_stalled", goes: true, spent: true},
	{name: "400", does: says(status(400, "application/json", badInput)), status: 400},
	{name: "401", does: says(status(401, "application/json", apiError)), status: 401, goes: true},
	{name: "403", does: says(status(403, "application/json", apiError)), status: 403, goes: true},
	{name: "404", does: says(status(404, "application/json", badInput)), status: 404},
	{name: "422", does: says(status(422, "application/json", badInput)), status: 422},
}

var streamFailures = []failure{
	{name: "slow first event", does: hangs(streamHead), status: 504, code: "upstream_stalled", goes: true, spent: true},
	{name: "heartbeats only", does: hangs(streamHead + "4\r\n:\n\n\n\r\n"), status: 504, code: "upstream_stalled", goes: true, spent: true},
	{name: "cut before the first event", does: says(streamHead), status: 502, code: "upstream_failed", goes: true, spent: true},
	{name: "reset before the first event", does: resets(streamHead), status: 502, code: "upstream_failed", goes: true, spent: true},
	{name: "no event at all", does: says(streamHead + lastChunk), status: 502, code: "upstream_truncated", goes: true, spent: true},
	{name: "half an event", does: says(streamHead + "4\r\ndata\r\n"), status: 502, code: "upstream_failed", goes: true, spent: true},
	{name: "error as first event", does: says(streamHead + chunks(apiError) + lastChunk), status: 500, goes: true, spent: true},
	{name: "429 as first event", does: says(streamHead + chunks(tooMany) + lastChunk), status: 429, goes: true, spent: true},
	{name: "400 as first event", does: says(streamHead + chunks(badInput) + lastChunk), status: 400},
	{name: "cut after the first event", does: says(streamHead + chunks(token)), began: stream.UpstreamTruncated},
	{name: "reset after the first event", does: resets(streamHead + chunks(token)), began: stream.UpstreamError},
	{name: "ended after the first event", does: says(streamHead + chunks(token) + lastChunk), began: stream.UpstreamTruncated},
	{name: "error after the first event", does: says(streamHead + chunks(token, apiError) + lastChunk), began: stream.UpstreamError},
}

var wholeFailures = []failure{
	{name: "cut before the body", does: says("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"), status: 502, code: "upstream_failed", goes: true, spent: true},
	{name: "cut in the body", does: says("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n" + strings.Repeat(" ", 200)), began: stream.UpstreamError},
}

// impatient gives up waiting soon: what it waits for never comes.
func impatient(o *ProviderOptions) {
	o.Timeouts.FirstEvent, o.Timeouts.Total = 100*time.Millisecond, 100*time.Millisecond
}

// TestFailover is the matrix of failures by routes: who answers, with what, and
// how often each provider was called.
func TestFailover(t *testing.T) {
	for _, streams := range []bool{true, false} {
		well, all := wellStreamed, append(failures, streamFailures...)
		if !streams {
			well, all = says(status(200, "application/json", wholeChat)), append(failures, wholeFailures...)
		}
		for _, f := range all {
			t.Run(fmt.Sprintf("streams %v/%s", streams, f.name), func(t *testing.T) {
				waits := func(o *ProviderOptions) {
					if f.status == 504 {
						impatient(o)
					}
				}
				bad, good := serving(t, "bad", f.does, waits), serving(t, "good", well)
				other := serving(t, "other", f.does, waits)
				c := NewCaller(routes(t, map[string][]Choice{
					"alone": {{To: "bad"}}, "same": {{To: "bad/a"}, {To: "bad/b"}, {To: "bad/c"}},
					"next": {{To: "bad"}, {To: "good"}}, "third": {{To: "bad"}, {To: "other"}, {To: "good"}},
					"nobody": {{To: "bad"}, {To: "other"}},
				}, map[string]*Provider{"bad": bad.Provider, "good": good.Provider, "other": other.Provider}), usual)

				one := int64(1)
				if f.does == nil {
					one = 0
				}
				goes := int64(0)
				if f.goes {
					goes = 1
				}
				same := one
				if f.goes && !f.spent {
					same = 3 * one
				}
				for _, w := range []struct {
					route            string
					bad, other, good int64 // calls
					tries            int
				}{
					{"alone", one, 0, 0, 1},
					{"same", same, 0, 0, int(max(same, 1))},
					{"next", one, 0, goes, 1 + int(goes)},
					{"third", one, one * goes, goes, 1 + 2*int(goes)},
					{"nobody", one, one * goes, 0, 1 + int(goes)},
				} {
					if f.does == nil && w.route == "same" {
						w.tries = 3
					}
					for _, r := range []*real{bad, good, other} {
						r.calls.Store(0)
						r.Provider.keys.all[0].aside.Store(0) // or it would be asked last
					}
					answer, err := c.Open(t.Context(), chat(w.route, streams))
					f.check(t, w.route, answer, err, w.good == 1, w.tries)
					if b, o, g := bad.calls.Load(), other.calls.Load(), good.calls.Load(); b != w.bad || o != w.other || g != w.good {
						t.Errorf("%s: %d, %d and %d calls, want %d, %d and %d", w.route, b, o, g, w.bad, w.other, w.good)
					}
				}
				for _, r := range []*real{bad, good, other} {
					idle(t, r.Provider)
				}
			})
		}
	}
}

// idle says that nothing is counted as under way.
func idle(t testing.TB, p *Provider) {
	t.Helper()
	if s := p.Status(); s.Streams != 0 || s.Waiting != 0 {
		t.Errorf("%s: %d calls are under way, %d wait", p.name, s.Streams, s.Waiting)
	}
}

func (f *failure) check(t *testing.T, route string, answer *stream.Answer, err error, good bool, tries int) {
	t.Helper()
	var r *stream.Refusal
	switch {
	case errors.As(err, &r):
		if good || f.began != "" || r.Status != f.status || r.Code != f.code || r.Tries != tries || r.Model != route || r.Provider == "" {
			t.Errorf("%s: refused with %+v, want %d %s after %d tries", route, r, f.status, f.code, tries)
		}
		return
	case err != nil:
		t.Fatalf("%s: %v", route, err)
	}
	if answer.Tries != tries || (answer.Provider == "good") != good || answer.Model != route {
		t.Errorf("%s: answered by %s as %s after %d tries, want %d", route, answer.Provider, answer.Model, answer.Tries, tries)
	}
	if answer.Source != nil {
		events, end := pumped(t, answer)
		want := stream.Complete
		if !good {
			want = f.began
		}
		if end.Reason != want || len(events) == 0 || events[0] != token {
			t.Errorf("%s: %q, ended %+v, want %v", route, events, end, want)
		}
		return
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	switch {
	case !good && f.began != "":
		if err == nil {
			t.Errorf("%s: an answer cut off was read as whole", route)
		}
	case good:
		if answer.Status != 200 || string(body) != wholeChat || err != nil {
			t.Errorf("%s: %d %q, %v", route, answer.Status, body, err)
		}
	case answer.Status != f.status || f.code != "" || len(body) == 0 || err != nil:
		t.Errorf("%s: %d %q, %v; want %d %s", route, answer.Status, body, err, f.status, f.code)
	}
}
