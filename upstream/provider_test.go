package upstream

import (
	"strings"
	"testing"
	"time"

	"tidegate/stream"
)

func TestProviderOptions(t *testing.T) {
	good := ProviderOptions{
		Name: "p", BaseURL: "https://api.test/v1///", Headers: map[string]string{"x-own": "1", "User-Agent": "mine"},
		Timeouts: Timeouts{FirstEvent: time.Second, Silence: time.Second, Total: time.Second}, UserAgent: "tidegate",
	}
	p, err := NewProvider(good)
	if err != nil {
		t.Fatal(err)
	}
	if at := p.urls[stream.Embeddings].String(); p.Name() != "p" || at != "https://api.test/v1/embeddings" {
		t.Errorf("%s at %s", p.Name(), at)
	}
	if p.header.Get("X-Own") != "1" || p.header.Get("User-Agent") != "mine" || p.header.Get("Authorization") != "" {
		t.Errorf("header %v", p.header)
	}
	for name, change := range map[string]func(*ProviderOptions){
		"no scheme":  func(o *ProviderOptions) { o.BaseURL = "api.test/v1" },
		"no host":    func(o *ProviderOptions) { o.BaseURL = "https:///v1" },
		"other":      func(o *ProviderOptions) { o.BaseURL = "ftp://api.test" },
		"no URL":     func(o *ProviderOptions) { o.BaseURL = "http://api.test:port" },
		"first":      func(o *ProviderOptions) { o.Timeouts.FirstEvent = 0 },
		"silence":    func(o *ProviderOptions) { o.Timeouts.Silence = -1 },
		"total time": func(o *ProviderOptions) { o.Timeouts.Total = 0 },
	} {
		bad := good
		bad.APIKey = "sk-secret"
		change(&bad)
		if _, err := NewProvider(bad); err == nil || strings.Contains(err.Error(), "sk-secret") {
			t.Errorf("%s: error = %v", name, err)
		}
	}
}
