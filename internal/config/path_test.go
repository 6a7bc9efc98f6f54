package config

import "testing"

func TestJoin(t *testing.T) {
	for _, tc := range [][3]string{
		{"", "listen", "listen"}, {"a", "b_c-1", "a.b_c-1"}, {"models", "gpt-4.1", `models."gpt-4.1"`}, {"models", "*", `models."*"`},
		{"models", "", `models.""`}, {"models", `a"b`, `models."a\"b"`},
	} {
		if got := join(tc[0], tc[1]); got != tc[2] {
			t.Errorf("join(%q, %q) = %s, want %s", tc[0], tc[1], got, tc[2])
		}
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"base_url", "api_key", "http"}
	for name, want := range map[string]string{
		"baseurl": "did you mean base_url?", "apikey": "did you mean api_key?", "htpp": "did you mean http?", "port": "known here: base_url, api_key, http",
		"htt": "did you mean http?", "": "known here: base_url, api_key, http",
	} {
		if got := suggest(name, known); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 2}} {
		if got := distance(tc.a, tc.b); got != tc.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}
