package config

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (c *Config) checkProviders(k *checker) {
	if len(c.Providers) == 0 {
		k.add("providers", "there is none to call: add one with its base_url")
	}
	for _, name := range sortedKeys(c.Providers) {
		path, p := join("providers", name), c.Providers[name]
		if !isProviderName(name) {
			k.add(path, `a provider's name must be 1 to 64 letters, digits, "-", "_" and "."`)
		}
		k.oneOf(path+".api", p.API, APIOpenAI, APIAnthropic, APIGemini)
		k.baseURL(path+".base_url", p.BaseURL)
		c.checkProviderKeys(k, path, p)
		k.headers(path+".headers", p.Headers)
		k.oneOf(path+".http", p.HTTP, HTTPAuto, HTTP1, HTTP2)
		k.oneOf(path+".end", p.End, EndDone, EndFinishReason)
		between(k, path+".timeouts.connect", p.Timeouts.Connect, time.Millisecond, 24*time.Hour)
		between(k, path+".timeouts.first_event", p.Timeouts.FirstEvent, time.Millisecond, 24*time.Hour)
		between(k, path+".timeouts.silence", p.Timeouts.Silence, time.Millisecond, 24*time.Hour)
		between(k, path+".timeouts.progress", p.Timeouts.Progress, time.Millisecond, 24*time.Hour)
		between(k, path+".timeouts.total", p.Timeouts.Total, time.Millisecond, 24*time.Hour)
		between(k, path+".timeouts.stream", p.Timeouts.Stream, time.Millisecond, 24*time.Hour)
		between(k, path+".connections", p.Connections, 1, 100_000)
		between(k, path+".streams", p.Streams, 0, 1_000_000)
		between(k, path+".wait", p.Wait, 0, time.Hour)
		between(k, path+".queue", p.Queue, 0, 100_000)
		between(k, path+".breaker.failures", p.Breaker.Failures, 0, 1_000_000)
		between(k, path+".breaker.window", p.Breaker.Window, time.Second, time.Hour)
		between(k, path+".breaker.open_for", p.Breaker.OpenFor, 100*time.Millisecond, time.Hour)
	}
}

// isProviderName reports whether a name can stand before the slash of a model
// and as a metric label.
func isProviderName(name string) bool {
	for _, c := range []byte(name) {
		if !isAlphanumeric(c) && !strings.ContainsRune("-_.", rune(c)) {
			return false
		}
	}
	return name != "" && len(name) <= 64
}

// baseURL checks where a provider is. What url.Parse says is not passed on: it
// repeats the URL, password included.
func (k *checker) baseURL(path, text string) {
	if text == "" {
		k.add(path, "is missing: where the provider's API begins, such as %s", openAIBaseURL)
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		k.add(path, "must be a URL such as %s", openAIBaseURL)
	case u.User != nil:
		k.add(path, "must not hold a user or password: use api_key or headers")
	case strings.ContainsAny(text, "?#"):
		// The API's path is appended: it would become part of the query.
		k.add(path, "must not have a query or a fragment")
	case !isPort(u.Port()):
		k.add(path, "must have a port between 1 and 65535, or none")
	}
}

func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

const maxHeaders = 64

// reserved are the headers that the gateway sets itself, or that belong to one
// connection (RFC 9110, section 7.6.1): a second one would break the framing or
// replace the key.
var reserved = []string{
	"accept-encoding", "authorization", "connection", "content-encoding", "content-length",
	"content-type", "expect", "host", "keep-alive", "proxy-authenticate", "proxy-authorization",
	"proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
}

func (k *checker) headers(path string, headers map[string]Secret) {
	if len(headers) > maxHeaders {
		k.add(path, "must be at most %d", maxHeaders)
	}
	seen := make(map[string]string, len(headers))
	for _, name := range sortedKeys(headers) {
		path, lower := join(path, name), strings.ToLower(name)
		switch first, twice := seen[lower]; {
		case twice:
			k.add(path, "is the same header as %s", first)
		case !isHeaderName(name):
			k.add(path, "is not the name of a header")
		case slices.Contains(reserved, lower):
			k.add(path, "is set by the gateway itself")
		case !isHeaderValue(headers[name].Reveal()):
			k.add(path, "has a line break or another character that cannot stand in a header")
		}
		seen[lower] = name
	}
}

// isHeaderName reports whether name is a token (RFC 9110, section 5.6.2).
func isHeaderName(name string) bool {
	for _, c := range []byte(name) {
		if !isAlphanumeric(c) && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return name != "" && len(name) <= 128
}

// isHeaderValue reports whether value is visible ASCII, spaces and tabs (RFC
// 9110, section 5.5). A line break would begin a header of its own.
func isHeaderValue(value string) bool {
	for _, c := range []byte(value) {
		if c != '\t' && (c < ' ' || c > '~') {
			return false
		}
	}
	return len(value) <= 8<<10
}
