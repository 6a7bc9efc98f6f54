package config

import "testing"

func TestValidateProvider(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Provider)
		want   string
	}{
		{"https", func(p *Provider) { p.BaseURL = "https://api.example.com" }, ""},
		{"IPv6", func(p *Provider) { p.BaseURL = "http://[::1]:80/v1" }, ""},
		{"no URL", func(p *Provider) { p.BaseURL = "" }, "providers.p.base_url"},
		{"no scheme", func(p *Provider) { p.BaseURL = "127.0.0.1:80/v1" }, "providers.p.base_url"},
		{"another scheme", func(p *Provider) { p.BaseURL = "file:///etc/passwd" }, "providers.p.base_url"},
		{"no host", func(p *Provider) { p.BaseURL = "http://:80" }, "providers.p.base_url"},
		{"port too large", func(p *Provider) { p.BaseURL = "http://h:65536" }, "providers.p.base_url"},
		{"port zero", func(p *Provider) { p.BaseURL = "http://h:0" }, "providers.p.base_url"},
		{"empty query", func(p *Provider) { p.BaseURL = "http://h/v1?" }, "providers.p.base_url"},
		{"fragment", func(p *Provider) { p.BaseURL = "http://h/v1#x" }, "providers.p.base_url"},
		{"line break in the URL", func(p *Provider) { p.BaseURL = "http://h/v1\r\nx: y" }, "providers.p.base_url"},
		{"line break in the key", func(p *Provider) { p.APIKey = "k\n" }, "providers.p.api_key"},
		{"key not ASCII", func(p *Provider) { p.APIKey = "ké" }, "providers.p.api_key"},
		{"header", func(p *Provider) { p.Headers = map[string]Secret{"OpenAI-Organization": "a b\tc"} }, ""},
		{"reserved header", func(p *Provider) { p.Headers = map[string]Secret{"HOST": "x"} }, "providers.p.headers.HOST"},
		{"framing header", func(p *Provider) { p.Headers = map[string]Secret{"Transfer-Encoding": "x"} }, "providers.p.headers.Transfer-Encoding"},
		{"header without a name", func(p *Provider) { p.Headers = map[string]Secret{"": "x"} }, `providers.p.headers.""`},
		{"line break in a header", func(p *Provider) { p.Headers = map[string]Secret{"x": "a\r\nHost: b"} }, "providers.p.headers.x"},
		{"all zero", func(p *Provider) { *p = Provider{} }, "providers.p.api providers.p.base_url providers.p.http providers.p.end providers.p.timeouts.connect providers.p.timeouts.first_event providers.p.timeouts.silence providers.p.timeouts.progress providers.p.timeouts.total providers.p.timeouts.stream providers.p.connections providers.p.breaker.window providers.p.breaker.open_for"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := mustParse(t, minimal, nil)
			p := c.Providers["p"]
			tc.change(&p)
			c.Providers["p"] = p
			if got := paths(t, c); got != tc.want {
				t.Fatalf("invalid: %q, want %q", got, tc.want)
			}
		})
	}
}
