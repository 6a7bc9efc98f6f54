package upstream

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/breaker"
	"tidegate/stream"
	"tidegate/upstream/transport"
)

// Of several failures the client hears the one that tells it the most, and when
// all have said when to come back, the soonest.
func TestFailoverTells(t *testing.T) {
	limitedFor := func(after string) script {
		return says(status(429, "application/json", tooMany, "Retry-After", after))
	}
	for name, c := range map[string]struct {
		does       []script
		status     int
		retryAfter string
		by         string
	}{
		"words before silence": {[]script{says(status(500, "application/json", apiError)), nil}, 500, "", "p0"},
		"the last words":       {[]script{says(status(500, "application/json", apiError)), says(status(503, "application/json", apiError))}, 503, "", "p1"},
		"all limited":          {[]script{limitedFor("7"), limitedFor("60")}, 429, "7", "p1"},
		"one limited":          {[]script{limitedFor("7"), says(status(500, "application/json", apiError))}, 500, "", "p1"},
		"limited, unreachable": {[]script{limitedFor("7"), nil}, 429, "7", "p0"},
	} {
		t.Run(name, func(t *testing.T) {
			all, choices := map[string]*Provider{}, []Choice{}
			for i, does := range c.does {
				name := fmt.Sprint("p", i)
				all[name] = serving(t, name, does).Provider
				choices = append(choices, Choice{To: name})
			}
			answer, err := NewCaller(routes(t, map[string][]Choice{"m": choices}, all), usual).Open(t.Context(), chat("m", true))
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if after := http.Header(answer.Header).Get("Retry-After"); answer.Status != c.status || after != c.retryAfter || answer.Provider != c.by {
				t.Errorf("%d by %s, Retry-After %q", answer.Status, answer.Provider, after)
			}
		})
	}
}

// So many targets are asked, and no more.
func TestFailoverTries(t *testing.T) {
	all, choices := map[string]*Provider{}, []Choice{}
	var calls []*real
	for i := range 6 {
		name := fmt.Sprint("p", i)
		r := serving(t, name, says(status(500, "application/json", apiError)))
		calls = append(calls, r)
		all[name] = r.Provider
		choices = append(choices, Choice{To: name})
	}
	o := usual
	o.Failover.Tries = 4
	answer, err := NewCaller(routes(t, map[string][]Choice{"m": choices}, all), o).Open(t.Context(), chat("m", false))
	if err != nil || answer.Status != 500 || answer.Tries != 4 {
		t.Fatalf("%+v, %v", answer, err)
	}
	for i, r := range calls {
		if got, want := r.calls.Load() == 1, i < 4; got != want {
			t.Errorf("provider %d was called: %v", i, got)
		}
	}
}

// A provider that has asked to be left alone is passed over, until then, and
// asked all the same if there is no other.
func TestRetryAfterIsRespected(t *testing.T) {
	p := serving(t, "p", says(status(429, "application/json", tooMany, "Retry-After", "60")))
	q := serving(t, "q", wellStreamed)
	c := NewCaller(routes(t, map[string][]Choice{
		"m": {{To: "p/m"}, {To: "q"}}, "n": {{To: "p/n"}, {To: "q"}}, "alone": {{To: "p/m"}},
	}, map[string]*Provider{"p": p.Provider, "q": q.Provider}), usual)
	ask := func(model string, calls int64) {
		t.Helper()
		answer, err := c.Open(t.Context(), chat(model, true))
		if err != nil {
			t.Fatal(err)
		}
		closeAnswer(answer)
		if got := p.calls.Load(); got != calls {
			t.Errorf("%s: %d calls so far, want %d", model, got, calls)
		}
	}
	ask("m", 1)
	ask("m", 1)
	ask("m", 1)
	ask("n", 2) // another model has limits of its own
	ask("alone", 3)
}

func TestWrongAPI(t *testing.T) {
	all := named(t, "p", "anthropic")
	c := NewCaller(routes(t, map[string][]Choice{"gpt": {{To: "p"}}, "both": {{To: "anthropic"}, {To: "p"}}}, all), usual)
	call := chat("gpt", true)
	call.API = stream.Messages
	_, err := c.Open(t.Context(), call)
	r := refusal(t, err)
	if r.Status != 400 || r.Code != "wrong_api" || !strings.Contains(r.Message, "chat.completions") || strings.Contains(r.Message, ": messages") {
		t.Errorf("%d %s %q", r.Status, r.Code, r.Message)
	}
	call.API = stream.GenerateContent
	call.Model = "both"
	_, err = c.Open(t.Context(), call)
	if r := refusal(t, err); !strings.Contains(r.Message, "chat.completions") || !strings.Contains(r.Message, "messages") {
		t.Errorf("%q", r.Message)
	}
}

var never = breaker.Limits{Failures: 2, Window: time.Hour, OpenFor: time.Hour}

// An open breaker and a full provider are passed over without a call.
func TestFailoverWithoutACall(t *testing.T) {
	p := serving(t, "p", says(status(500, "application/json", apiError)), func(o *ProviderOptions) { o.Breaker = never })
	q := serving(t, "q", wellStreamed, func(o *ProviderOptions) { o.Streams = Streams{Max: 1} })
	r := serving(t, "r", wellStreamed)
	c := NewCaller(routes(t, map[string][]Choice{
		"m": {{To: "p/x"}, {To: "q"}, {To: "r"}}, "p": {{To: "p/x"}}, "q": {{To: "q"}},
	}, map[string]*Provider{"p": p.Provider, "q": q.Provider, "r": r.Provider}), usual)
	open := func(model string) *stream.Answer {
		t.Helper()
		answer, err := c.Open(t.Context(), chat(model, true))
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	closeAnswer(open("p"))
	closeAnswer(open("p"))
	if s := p.Status(); s.Breakers["x"] != int(breaker.Open) {
		t.Fatalf("breakers %v", s.Breakers)
	}
	_, err := c.Open(t.Context(), chat("p", true))
	if got := refusal(t, err); got.Status != 503 || got.Code != "breaker_open" || got.RetryAfter < time.Minute || got.Tries != 0 {
		t.Errorf("%+v", got)
	}
	first := open("m")
	second := open("m")
	if first.Provider != "q" || second.Provider != "r" || first.Tries != 1 || p.calls.Load() != 2 {
		t.Errorf("answered by %s and %s, %d calls", first.Provider, second.Provider, p.calls.Load())
	}
	_, err = c.Open(t.Context(), chat("q", true))
	if got := refusal(t, err); got.Status != 429 || got.Code != "provider_full" || got.RetryAfter <= 0 {
		t.Errorf("%+v", got)
	}
	closeAnswer(first)
	closeAnswer(second)
	third := open("q")
	closeAnswer(third)
	idle(t, q.Provider)
}

// A request that the provider says it did nothing with is sent again, once.
func TestUnprocessedIsRepeated(t *testing.T) {
	for left, want := range map[int]int{1: 200, 2: 502} {
		calls := 0
		c := caller(t, func(r *http.Request) (*http.Response, error) {
			if calls++; calls <= left {
				return nil, fmt.Errorf("%w: going away", transport.ErrUnprocessed)
			}
			return well(r)
		}, nil)
		answer, err := c.Open(t.Context(), chat("m", true))
		var r *stream.Refusal
		switch {
		case err == nil:
			closeAnswer(answer)
			if answer.Status != want || answer.Tries != 2 {
				t.Errorf("%d in %d tries", answer.Status, answer.Tries)
			}
		case !errors.As(err, &r) || r.Status != want || r.Tries != 2:
			t.Errorf("%+v", err)
		}
		if calls != 2 {
			t.Errorf("%d calls", calls)
		}
	}
}

// The whole search is bounded, a try that is under way included.
func TestFailoverTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := map[string]*Provider{}
		for _, name := range []string{"p", "q", "r"} {
			all[name] = provider(t, hushed(""), func(o *ProviderOptions) { o.Name = name })
		}
		o := usual
		o.Failover.Time = firstLimit + firstLimit/2
		c := NewCaller(routes(t, map[string][]Choice{"m": {{To: "p"}, {To: "q"}, {To: "r"}}}, all), o)
		began := time.Now()
		_, err := c.Open(t.Context(), chat("m", true))
		if r := refusal(t, err); r.Status != 504 || r.Tries != 2 || time.Since(began) != o.Failover.Time {
			t.Errorf("%+v after %v", r, time.Since(began))
		}
		for _, p := range all {
			idle(t, p)
		}
	})
}
