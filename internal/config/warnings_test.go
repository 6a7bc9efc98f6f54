package config

import (
	"strings"
	"testing"
)

func TestWarnings(t *testing.T) {
	const hash = "v1:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	for _, tc := range []struct {
		name, text string
		want       []string // how they begin
	}{
		{"none", minimal, nil},
		{"admin on all interfaces", minimal + "admin: :9090\n", []string{"admin: :9090 is reachable"}},
		{"open to the network", minimal + "auth: none\nlisten: 0.0.0.0:80\n", []string{"auth: none on 0.0.0.0:80"}},
		{"open on loopback", minimal + "auth: none\n", nil},
		{"base URL without a path", "providers: {p: {base_url: 'https://api.example.com/'}}\nmodels: {'*': p}\n", []string{"providers.p: its base_url has no path"}},
		{"base URL of a call", "providers: {p: {base_url: 'https://api.example.com/v1/chat/completions'}}\nmodels: {'*': p}\n", []string{"providers.p: its base_url ends in /chat/completions"}},
		{"base URL of Gemini's", "providers: {p: {api: gemini, base_url: 'https://api.example.com/v1beta/models/x:streamGenerateContent'}}\nmodels: {'*': p}\n", []string{"providers.p: its base_url ends in :streamGenerateContent"}},
		{"base URL with a port", "providers: {p: {base_url: 'https://api.example.com:8443/api/v1'}}\nmodels: {'*': p}\n", nil},
		{"an end that is none", "providers: {p: {api: anthropic, end: finish_reason, base_url: 'https://api.example.com/v1'}}\nmodels: {'*': p}\n", []string{"providers.p: end: finish_reason is for those who speak OpenAI"}},
		{"failover too short", minimal + "failover: {time: 1m}\n", []string{"providers.p: failover.time (1m0s) ends"}},
		{"keys not asked for", minimal + "auth: none\nkeys: [{name: a, hash: '" + hash + "'}]\n", []string{"auth: none: the configured keys (1)"}},
		{
			"key in the clear, provider unused",
			"providers:\n  a: {base_url: 'http://10.0.0.1/v1', api_key: " + secret + "}\n  b: {base_url: 'http://127.0.0.1/v1', api_key: k}\n  c: {base_url: 'https://h/v1', api_key: k}\nmodels: {m: a/x, n: b}\n",
			[]string{"providers.a: its key or headers travel unencrypted to 10.0.0.1", "providers.c: no model leads to it"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := mustParse(t, tc.text, nil).Warnings()
			if len(got) != len(tc.want) {
				t.Fatalf("%q, want %q", got, tc.want)
			}
			for i := range got {
				if !strings.HasPrefix(got[i], tc.want[i]) || strings.Contains(got[i], secret) {
					t.Errorf("%q, want %q", got[i], tc.want[i])
				}
			}
		})
	}
}
