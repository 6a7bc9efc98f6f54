package provider_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"tidegate/loadtest/provider"
)

// Who called is told by the key, wherever the API has it.
func TestKeys(t *testing.T) {
	s := start(t, provider.Options{History: 6})
	c := client(t, 1)
	for _, tc := range []struct{ query, header, value, key string }{
		{"", "Authorization", "Bearer a", "a"},
		{"", "Authorization", "Basic a", ""},
		{"", "X-Api-Key", "b", "b"},
		{"", "X-Goog-Api-Key", "c", "c"},
		{"", "Api-Key", "d", "d"},
		{"?key=e", "X-Nothing", "", "e"},
		{"", "X-Api-Key", "a", "a"},
		{"", "X-Api-Key", "one more than are told apart", "one more than are told apart"},
	} {
		r, err := http.NewRequestWithContext(patience(t), http.MethodPost, s.URL()+chatPath+tc.query, strings.NewReader(`{"model":"m"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(tc.header, tc.value)
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if calls := s.Calls(); calls[len(calls)-1].Key != tc.key {
			t.Errorf("%+v: key %q", tc, calls[len(calls)-1].Key)
		}
	}
	want := map[string]int64{"": 2, "a": 2, "b": 1, "c": 1, "d": 1, "e": 1}
	if got := s.Keys(); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
