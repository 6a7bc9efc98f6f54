package upstream

import (
	"slices"
	"strings"
	"testing"
)

func TestRoutes(t *testing.T) {
	p, q := &Provider{name: "p"}, &Provider{name: "q"}
	r, err := NewRoutes(map[string]string{
		"b": "p", "a": "q/gpt-5", "c": "q/vendor/model", "*": "p",
	}, map[string]*Provider{"p": p, "q": q})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Models(), []string{"a", "b", "c"}) || len(r.All()) != 4 {
		t.Errorf("models %v, %d routes", r.Models(), len(r.All()))
	}
	for model, want := range map[string]Route{
		"a": {q, "a", "gpt-5"}, "b": {p, "b", ""}, "c": {q, "c", "vendor/model"},
		"other": {p, "*", ""}, "*": {p, "*", ""}, "": {p, "*", ""},
	} {
		if got, ok := r.Find(model); !ok || got != want {
			t.Errorf("%q goes to %+v %v, want %+v", model, got, ok, want)
		}
	}
}

func TestRoutesWithoutTheRest(t *testing.T) {
	r, err := NewRoutes(map[string]string{"a": "p"}, map[string]*Provider{"p": {}})
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range []string{"b", "*", "", "A"} {
		if got, ok := r.Find(model); ok {
			t.Errorf("%q goes to %+v", model, got)
		}
	}
	_, err = NewCaller(r).Open(t.Context(), chat("b", true))
	if got := refusal(t, err); got.Status != 404 || got.Code != "model_not_found" || got.Provider != "" || !strings.Contains(got.Message, `"b"`) {
		t.Errorf("%+v", got)
	}
}

func TestRouteToNobody(t *testing.T) {
	_, err := NewRoutes(map[string]string{"a": "x/y"}, nil)
	if err == nil || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("error = %v", err)
	}
}
