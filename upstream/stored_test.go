package upstream

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"tidegate/stream"
)

// storing are two providers that make stored answers with the ids p-1, p-2 ...
// and q-1 ..., and one that does not speak the API.
type storing struct {
	*Caller
	made int
	got  []string // requests about stored answers, as "provider key method path"
}

func newStoring(t *testing.T, names ...string) *storing {
	x := &storing{}
	all := map[string]*Provider{"anthropic": provider(t, nil, anthropic)}
	models := map[string][]Choice{"claude": {{To: "anthropic"}}}
	for _, name := range names {
		all[name] = provider(t, func(r *http.Request) (*http.Response, error) {
			if rest, ok := strings.CutPrefix(r.URL.RequestURI(), "/v1/responses/"); ok {
				x.got = append(x.got, fmt.Sprint(name, " ", r.Header.Get("Authorization"), " ", r.Method, " ", rest))
				return response(200, "application/json", `{"id":"x","deleted":true}`), nil
			}
			if r.Header.Get("Authorization") == "Bearer bad" {
				return response(401, "application/json", apiError), nil
			}
			x.made++
			id := fmt.Sprintf(`"id":"%s-%d"`, name, x.made)
			if r.Header.Get("Accept") == "application/json" {
				return response(200, "application/json", `{`+id+`,"object":"response","output":[]}`), nil
			}
			return response(200, events,
				"event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"object\":\"response\","+id+",\"status\":\"in_progress\"}}\n\n"+
					"event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":1,\"response\":{"+id+",\"status\":\"completed\"}}\n\n"), nil
		}, func(o *ProviderOptions) { o.Name, o.Keys = name, []string{"bad", "good"} })
		models[name] = []Choice{{To: name}}
	}
	o := usual
	o.Stored = 3
	x.Caller = NewCaller(routes(t, models, all), o)
	return x
}

// make has a provider make an answer.
func (x *storing) make(t *testing.T, model, who string, streams bool) {
	t.Helper()
	call := chat(model, streams)
	call.API, call.Principal = stream.Responses, who
	answer, err := x.Open(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	if streams {
		if _, end := pumped(t, answer); end.Reason != stream.Complete {
			t.Errorf("ended %+v", end)
		}
		return
	}
	_, _ = io.ReadAll(answer.Body)
	_ = answer.Body.Close()
}

// ask asks about one, and says who was.
func (x *storing) ask(t *testing.T, method, path, who string) string {
	t.Helper()
	x.got = nil
	answer, err := x.Open(t.Context(), &stream.Call{API: stream.Response, Method: method, Path: path, Principal: who})
	if err != nil {
		r := refusal(t, err)
		return fmt.Sprint(r.Status, " ", r.Code)
	}
	_ = answer.Body.Close()
	return strings.Join(x.got, ", ")
}

func (x *storing) want(t *testing.T, method, path, who, want string) {
	t.Helper()
	if got := x.ask(t, method, path, who); got != want {
		t.Errorf("%s %s for %s: %q, want %q", method, path, who, got, want)
	}
}

// A stored answer is asked for where it was made, with the key that made it,
// for whom it was made, and for nobody else.
func TestStored(t *testing.T) {
	x := newStoring(t, "p", "q")
	x.make(t, "p", "ann", true)
	x.make(t, "q", "bob", false)
	x.want(t, "GET", "/p-1", "ann", "p Bearer good GET p-1")
	x.want(t, "POST", "/p-1/cancel", "ann", "p Bearer good POST p-1/cancel")
	x.want(t, "GET", "/q-2/input_items?limit=5", "bob", "q Bearer good GET q-2/input_items?limit=5")
	x.want(t, "DELETE", "/q-2", "bob", "q Bearer good DELETE q-2")
	x.want(t, "GET", "/p-1", "bob", "404 unknown_response")
	x.want(t, "GET", "/q-2", "", "404 unknown_response")
	x.want(t, "GET", "/other", "ann", "404 unknown_response") // p or q: who knows
}

// The only provider that can have made an answer is asked for one that is not
// known, unless it is known to be another's.
func TestStoredAtTheOnlyProvider(t *testing.T) {
	x := newStoring(t, "p")
	x.make(t, "p", "ann", true)
	x.want(t, "GET", "/other", "ann", "p Bearer good GET other")
	x.want(t, "GET", "/p-1", "bob", "404 unknown_response")
	x = newStoring(t)
	x.want(t, "GET", "/other", "ann", "404 unknown_response")
}

// No path leads to the provider's other resources.
func TestStoredPaths(t *testing.T) {
	x := newStoring(t, "p")
	for _, path := range []string{"/../files", "/x/../../files", "/%2e%2e/files", "/x/%2E%2E/%2e%2e/files", "/.", "//files", "", "/", "/x%2f..%2f..", "/x\\..", "/%zz"} {
		x.want(t, "GET", path, "ann", "400 invalid_path")
	}
}

// The bound holds, and those asked for last stay.
func TestStoredIsBounded(t *testing.T) {
	x := newStoring(t, "p", "q")
	for range 3 {
		x.make(t, "p", "ann", true)
	}
	x.ask(t, "GET", "/p-1", "ann")
	x.make(t, "p", "ann", true)
	x.want(t, "GET", "/p-1", "ann", "p Bearer good GET p-1")
	x.want(t, "GET", "/p-2", "ann", "404 unknown_response")
	if n := x.stored.used.Len(); n != 3 || len(x.stored.byID) != 3 {
		t.Errorf("%d are remembered", n)
	}
	x.stored.add(&maker{id: strings.Repeat("x", maxResponseID+1)})
	x.stored.add(&maker{id: "p-1", principal: "bob"})
	if len(x.stored.byID) != 3 || x.stored.find("p-1").principal != "ann" {
		t.Error("a long id is remembered, or another's was taken over")
	}
}

// An answer that goes on from a stored one is made where that is.
func TestStoredGoesOn(t *testing.T) {
	x := newStoring(t, "p", "q")
	both := routes(t, map[string][]Choice{"m": {{To: "p"}, {To: "q"}}}, map[string]*Provider{
		"p": x.routes.find("p")[0].provider, "q": x.routes.find("q")[0].provider,
	})
	c := &Caller{routes: both, failover: usual.Failover, stored: newStored(100)}
	c.stored.add(&maker{id: "q-7", principal: "ann", target: &target{provider: both.providers[1]}})
	for body, want := range map[string]string{
		`{"model":"m"}`: "p", `{"previous_response_id":"q-7"}`: "q", `{"previous_response_id":"other"}`: "p",
		`{"previous_response_id":null}`: "p", `{"input":"previous_response_id"}`: "p",
	} {
		call := chat("m", true)
		call.API, call.Principal, call.Body, call.ModelAt = stream.Responses, "ann", []byte(body), [2]int{}
		answer, err := c.Open(t.Context(), call)
		if err != nil {
			t.Fatal(err)
		}
		closeAnswer(answer)
		if answer.Provider != want {
			t.Errorf("%s: made by %s", body, answer.Provider)
		}
		call.Principal = "bob" // it is not his
		if answer, err = c.Open(t.Context(), call); err != nil || answer.Provider != "p" {
			t.Errorf("%s: %v", body, err)
		}
		closeAnswer(answer)
	}
}

// What is asked for again was counted when it was made.
func TestStoredUsage(t *testing.T) {
	const whole = `{"id":"a","object":"response","status":"completed","usage":{"input_tokens":7,"output_tokens":3}}`
	for _, streams := range []bool{false, true} {
		says := answering(200, "application/json", whole)
		if streams {
			says = answering(200, events, "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":"+whole+"}\n\n")
		}
		for api, want := range map[stream.API]int64{stream.Responses: 3, stream.Response: 0} {
			call := chat("m", streams)
			call.API, call.Path = api, "/a"
			answer, err := caller(t, says, nil).Open(t.Context(), call)
			if err != nil {
				t.Fatal(err)
			}
			var usage stream.Usage
			if streams {
				_, end := pumped(t, answer)
				usage = end.Usage
			} else {
				_, _ = io.ReadAll(answer.Body)
				_ = answer.Body.Close()
				usage = answer.Usage()
			}
			if usage.Output != want {
				t.Errorf("%s, streams %v: %+v", api, streams, usage)
			}
		}
	}
}

func TestStringAt(t *testing.T) {
	for body, want := range map[string]string{
		`{"type":"response.created","response":{"object":"x","id":"a"}}`: "a",
		`{"response":{"id":"a"},"cut`:                                    "a",
		`{"id":"b"}`:                                                     "",
		`{"response":{"id":7}}`:                                          "",
		`{"response":"id"}`:                                              "",
		`no JSON`:                                                        "",
	} {
		if got := stringAt([]byte(body), "response", "id"); got != want {
			t.Errorf("%s: %q", body, got)
		}
	}
	if got := stringAt([]byte(`{"object":"x","id":"a","output":[{"id":"c"},`), "id"); got != "a" {
		t.Errorf("cut off: %q", got)
	}
}
