package upstream

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"tidegate/stream"
)

// pumped is what a stream makes of an answer: its events' data, and its end.
func pumped(t testing.TB, answer *stream.Answer) (events []string, end stream.End) {
	t.Helper()
	if answer.Source == nil {
		t.Fatalf("status %d and no stream", answer.Status)
	}
	st := stream.New(stream.Config{Pages: stream.NewPages(bufferSize), Now: time.Now})
	wake := make(chan struct{}, 1)
	r, err := st.Attach(0, stream.NoLimit, func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		end = answer.Source.Pump(st)
		answer.Source.Close()
	}()
	take := func() {
		var ev stream.Event
		for seq, ok := r.Next(&ev); ok; seq, ok = r.Next(&ev) {
			events = append(events, string(ev.Data))
			if err := r.Ack(seq, stream.NoLimit); err != nil {
				t.Error(err)
			}
		}
	}
	for {
		take()
		select {
		case <-wake:
		case <-over:
			take()
			return events, end
		}
	}
}

const (
	token  = `{"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}],"usage":null}`
	finish = `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}`
	tally  = `{"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":10,"prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":3}}}`
)

// saying is events as a provider sends them.
func saying(data ...string) string {
	var out strings.Builder
	for _, d := range data {
		out.WriteString("data: " + d + "\n\n")
	}
	return out.String()
}

// Usage is asked for where the client has not, and then what comes is not the
// client's to see.
func TestUsageIsAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		body       string
		ask        bool
		asks, sees bool
	}{
		"not asked":     {`{"model":"m","stream":true}`, true, true, false},
		"asked":         {`{"model":"m","stream":true,"stream_options":{"include_usage":true}}`, true, true, true},
		"not wanted":    {`{"model":"m","stream":true}`, false, false, true},
		"renamed, too":  {`{"stream":true,"model":"other"}`, true, true, false},
		"other options": {`{"model":"m","stream":true,"stream_options":{"x":1}}`, true, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			var sent string
			p := provider(t, func(r *http.Request) (*http.Response, error) {
				data, _ := io.ReadAll(r.Body)
				sent = string(data)
				return response(200, events, saying(token, finish, tally, "[DONE]")), nil
			}, func(o *ProviderOptions) { o.AskUsage = c.ask })
			call := chat("m", true)
			call.Body = []byte(c.body)
			at := strings.Index(c.body, `"model":`) + len(`"model":`)
			call.ModelAt = [2]int{at, at + strings.IndexAny(c.body[at:], ",}")}
			r := routes(t, map[string][]Choice{"*": {{To: "p/renamed"}}}, map[string]*Provider{"p": p})
			answer, err := NewCaller(r, usual).Open(t.Context(), call)
			if err != nil {
				t.Fatal(err)
			}
			events, end := pumped(t, answer)
			if strings.Contains(sent, `"include_usage":true`) != c.asks || !strings.Contains(sent, `"model":"renamed"`) {
				t.Errorf("sent %s", sent)
			}
			if want := (stream.Usage{Input: 20, Output: 10, Cached: 8, Reasoning: 3}); end.Usage != want || end.Reason != stream.Complete {
				t.Errorf("ended %+v", end)
			}
			if sees := len(events) == 3 && events[2] == tally; sees != c.sees || len(events) < 2 {
				t.Errorf("the client sees %q", events)
			}
		})
	}
}

// Where the provider has not said, the end has an estimate, whoever ended it.
func TestUsageIsEstimated(t *testing.T) {
	both(t, func(t *testing.T, tells bool) {
		x := pump(t, provider(t, nil), tells, saying(token))
		x.say(saying(token, token))
		x.take()
		x.st.End(stream.End{Reason: stream.Cancelled})
		end, over := x.over()
		if !over || !end.Usage.Estimated || end.Usage.Output < 1 || end.Usage.Output > 3 {
			t.Errorf("over %v, %+v", over, end)
		}
	})
}
