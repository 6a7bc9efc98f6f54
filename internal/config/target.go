package config

import "strings"

// AnyModel is the name in Config.Models that stands for all not listed.
const AnyModel = "*"

// Target takes a value of Models apart: "provider", or "provider/model" to ask
// for the model under another name. Only the first slash counts, and only if
// what stands before it is a provider's name, so that model names may have
// slashes: "local/meta-llama/Llama-3" asks "local" for "meta-llama/Llama-3". An
// empty model means the name that the client asked for. ok is false if value
// names no provider, or nothing follows its slash.
func (c *Config) Target(value string) (provider, model string, ok bool) {
	provider, model, slash := strings.Cut(value, "/")
	if _, ok := c.Providers[provider]; !ok || slash && model == "" {
		return "", "", false
	}
	return provider, model, true
}
