package config

import "testing"

func TestTarget(t *testing.T) {
	c := &Config{Providers: map[string]Provider{"local": {}, "meta": {}}}
	for _, tc := range []struct {
		value, provider, model string
		ok                     bool
	}{
		{"local", "local", "", true},
		{"local/gpt-4o", "local", "gpt-4o", true},
		{"local/meta-llama/Llama-3", "local", "meta-llama/Llama-3", true},
		{"local/meta/x", "local", "meta/x", true},
		{"meta/local", "meta", "local", true},
		{"local/", "", "", false},
		{"meta-llama/Llama-3", "", "", false},
		{"other", "", "", false},
		{"/local", "", "", false},
		{"", "", "", false},
		{"Local", "", "", false},
	} {
		if p, m, ok := c.Target(tc.value); p != tc.provider || m != tc.model || ok != tc.ok {
			t.Errorf("%q = %q, %q, %v; want %q, %q, %v", tc.value, p, m, ok, tc.provider, tc.model, tc.ok)
		}
	}
}
