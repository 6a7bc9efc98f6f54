package upstream

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/stream"
	"tidegate/upstream/dialect"
)

// named are providers that are never called, all speaking OpenAI's APIs but
// one.
func named(t testing.TB, names ...string) map[string]*Provider {
	t.Helper()
	all := map[string]*Provider{}
	for _, name := range names {
		all[name] = provider(t, nil, func(o *ProviderOptions) {
			o.Name = name
			if name == "anthropic" {
				o.Dialect = dialect.Anthropic{}
			}
		})
	}
	return all
}

func routes(t testing.TB, models map[string][]Choice, providers map[string]*Provider) *Routes {
	t.Helper()
	r, err := NewRoutes(models, providers)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// shown are targets as texts.
func shown(targets []*target) string {
	var out []string
	for _, t := range targets {
		out = append(out, t.entry+">"+t.provider.name+"/"+t.rename)
	}
	return strings.Join(out, " ")
}

func TestRoutes(t *testing.T) {
	r := routes(t, map[string][]Choice{
		"b": {{To: "p"}}, "a": {{To: "q/gpt-5"}}, "c": {{To: "q/vendor/model"}, {To: "p"}}, "*": {{To: "p"}},
	}, named(t, "p", "q"))
	if !slices.Equal(r.Models(), []string{"a", "b", "c"}) {
		t.Errorf("models %v", r.Models())
	}
	for model, want := range map[string]string{
		"a": "a>q/gpt-5", "b": "b>p/", "c": "c>q/vendor/model c>p/", "other": "*>p/", "*": "*>p/", "": "*>p/",
	} {
		if got := shown(r.find(model)); got != want {
			t.Errorf("%q goes to %s, want %s", model, got, want)
		}
	}
	pairs := map[string]bool{}
	r.Pairs(func(provider, model string) { pairs[provider+" "+model] = true })
	if len(pairs) != 5 || !pairs["p c"] || !pairs["q c"] {
		t.Errorf("pairs %v", pairs)
	}
}

func TestRoutesWithoutTheRest(t *testing.T) {
	r := routes(t, map[string][]Choice{"a": {{To: "p"}}}, named(t, "p"))
	for _, model := range []string{"b", "*", "", "A"} {
		if got := r.find(model); got != nil {
			t.Errorf("%q goes to %s", model, shown(got))
		}
	}
	_, err := NewCaller(r, usual).Open(t.Context(), chat("b", true))
	if got := refusal(t, err); got.Status != 404 || got.Code != "model_not_found" || got.Provider != "" || !strings.Contains(got.Message, `"b"`) {
		t.Errorf("%+v", got)
	}
}

func TestRouteToNobody(t *testing.T) {
	for _, choices := range [][]Choice{nil, {{To: "x/y"}}} {
		if _, err := NewRoutes(map[string][]Choice{"a": choices}, nil); err == nil || !strings.Contains(err.Error(), `"a"`) {
			t.Errorf("error = %v", err)
		}
	}
}

func TestOrder(t *testing.T) {
	r := routes(t, map[string][]Choice{
		"listed": {{To: "p"}, {To: "q"}, {To: "r"}},
		"mixed":  {{To: "anthropic"}, {To: "p"}, {To: "anthropic/x"}},
	}, named(t, "p", "q", "r", "anthropic"))
	now := time.Now()
	want := func(what, model string, api stream.API, want string) {
		t.Helper()
		if got := shown(order(r.find(model), api, now)); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	want("as listed", "listed", stream.ChatCompletions, "listed>p/ listed>q/ listed>r/")
	want("those that speak", "mixed", stream.Messages, "mixed>anthropic/ mixed>anthropic/x")
	want("those that speak", "mixed", stream.ChatCompletions, "mixed>p/")
	want("nobody speaks", "listed", stream.Messages, "")
	first := r.find("listed")[0]
	first.provider.keys.refused(first.lane, 0, limited, time.Minute, now)
	want("paused", "listed", stream.ChatCompletions, "listed>q/ listed>r/ listed>p/")
	now = now.Add(time.Minute)
	want("no longer paused", "listed", stream.ChatCompletions, "listed>p/ listed>q/ listed>r/")
	first.provider.keys.refused(first.lane, 0, forbidden, time.Minute, now)
	want("forbidden something", "listed", stream.ChatCompletions, "listed>p/ listed>q/ listed>r/")
	first.provider.keys.refused(first.lane, 0, unauthorized, 0, now)
	want("without a key that is good", "listed", stream.ChatCompletions, "listed>q/ listed>r/ listed>p/")
}

// The first is drawn by its share; the others keep their order.
func TestOrderByWeight(t *testing.T) {
	r := routes(t, map[string][]Choice{
		"m": {{To: "p", Weight: 1}, {To: "q"}, {To: "r", Weight: 3}},
	}, named(t, "p", "q", "r"))
	const n = 20_000
	seen := map[string]float64{}
	for range n {
		seen[shown(order(r.find("m"), stream.ChatCompletions, time.Now()))]++
	}
	if len(seen) != 2 || math.Abs(seen["m>r/ m>p/ m>q/"]/n-0.75) > 0.03 || seen["m>p/ m>q/ m>r/"] == 0 {
		t.Errorf("drawn: %v", seen)
	}
}
