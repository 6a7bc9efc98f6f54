package provider

import (
	"net/http"
	"strings"
)

// key is what the caller shows to be let in: the bearer token of OpenAI's APIs
// (or Azure's header), or what Anthropic and Gemini have in its place.
func key(r *http.Request) string {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return token
	}
	for _, name := range []string{"X-Api-Key", "X-Goog-Api-Key", "Api-Key"} {
		if v := r.Header.Get(name); v != "" {
			return v
		}
	}
	return r.URL.Query().Get("key")
}
