package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Warnings says what is allowed but may not be meant, one sentence each, in a
// fixed order. They are for the log at start; they hold no secrets.
func (c *Config) Warnings() []string {
	var out []string
	warn := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if !isLoopback(c.Admin) {
		warn("admin: %s is reachable from other machines, and metrics and debugging ask for no key", c.Admin)
	}
	if c.Auth == AuthNone && !isLoopback(c.Listen) {
		warn("auth: none on %s: whoever reaches it spends the providers' keys", c.Listen)
	}
	if c.Auth == AuthNone && len(c.Keys) > 0 {
		warn("auth: none: the configured keys (%d) are not asked for", len(c.Keys))
	}
	used := make(map[string]bool, len(c.Providers))
	for _, route := range c.Models {
		for _, target := range route {
			provider, _, _ := c.Target(target.To)
			used[provider] = true
		}
	}
	for _, name := range sortedKeys(c.Providers) {
		p := c.Providers[name]
		if !used[name] {
			warn("providers.%s: no model leads to it", name)
		}
		if most := max(p.Timeouts.FirstEvent, p.Timeouts.Total); used[name] && most > c.Failover.Time {
			warn("providers.%s: failover.time (%v) ends what its timeouts would wait for (%v)", name, c.Failover.Time, most)
		}
		u, err := url.Parse(p.BaseURL)
		if err == nil && u.Path == "" {
			warn("providers.%s: its base_url has no path, and most APIs begin at /v1", name)
		}
		if end := endpoint(p.BaseURL); end != "" {
			warn("providers.%s: its base_url ends in %s, which is appended to it: leave that out", name, end)
		}
		if p.End == EndFinishReason && p.API != APIOpenAI {
			warn("providers.%s: end: %s is for those who speak OpenAI's API and never send [DONE], and not for api: %s", name, p.End, p.API)
		}
		if err == nil && u.Scheme == "http" && !isLoopbackHost(u.Hostname()) && (p.hasKey() || len(p.Headers) > 0) {
			warn("providers.%s: its key or headers travel unencrypted to %s", name, u.Host)
		}
	}
	return slices.Concat(out, c.notes)
}

// endpoint is the path of a call that a base URL ends in; empty: it ends in
// none. Pasted whole from a manual, it makes every call a 404.
func endpoint(base string) string {
	for _, path := range []string{
		"/chat/completions", "/completions", "/embeddings", "/responses", "/messages",
	} {
		if strings.HasSuffix(base, path) {
			return path
		}
	}
	if _, method, ok := strings.Cut(base[strings.LastIndexByte(base, '/')+1:], ":"); ok && strings.HasSuffix(strings.ToLower(method), "content") {
		return ":" + method
	}
	return ""
}
