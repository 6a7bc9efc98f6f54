package upstream

import (
	"strings"
	"testing"
	"time"

	"tidegate/stream"
	"tidegate/upstream/dialect"
)

func TestProviderOptions(t *testing.T) {
	good := ProviderOptions{
		Name: "p", Dialect: dialect.OpenAI{}, BaseURL: "https://api.test/v1///", Headers: map[string]string{"x-own": "1", "User-Agent": "mine"},
		Timeouts: Timeouts{FirstEvent: time.Second, Silence: time.Second, Total: time.Second, Stream: time.Second}, UserAgent: "tidegate",
	}
	p, err := NewProvider(good)
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := p.request(t.Context(), &stream.Call{API: stream.Embeddings}, "", 0)
	if err != nil || p.Name() != "p" || r.URL.String() != "https://api.test/v1/embeddings" {
		t.Errorf("%s at %v, %v", p.Name(), r.URL, err)
	}
	if r.Header.Get("X-Own") != "1" || r.Header.Get("User-Agent") != "mine" || r.Header.Get("Authorization") != "" {
		t.Errorf("header %v", r.Header)
	}
	for name, change := range map[string]func(*ProviderOptions){
		"no scheme":  func(o *ProviderOptions) { o.BaseURL = "api.test/v1" },
		"no host":    func(o *ProviderOptions) { o.BaseURL = "https:///v1" },
		"other":      func(o *ProviderOptions) { o.BaseURL = "ftp://api.test" },
		"no URL":     func(o *ProviderOptions) { o.BaseURL = "http://api.test:port" },
		"first":      func(o *ProviderOptions) { o.Timeouts.FirstEvent = 0 },
		"silence":    func(o *ProviderOptions) { o.Timeouts.Silence = -1 },
		"total time": func(o *ProviderOptions) { o.Timeouts.Total = 0 },
		"stream":     func(o *ProviderOptions) { o.Timeouts.Stream = 0 },
		"many keys":  func(o *ProviderOptions) { o.Keys = make([]string, maxKeys+1) },
	} {
		bad := good
		bad.Keys = []string{"sk-secret"}
		change(&bad)
		if _, err := NewProvider(bad); err == nil || strings.Contains(err.Error(), "sk-secret") {
			t.Errorf("%s: error = %v", name, err)
		}
	}
}
