package config

import "errors"

// ErrNoProvider says that FromEnv was given nothing to call.
var ErrNoProvider = errors.New("config: no provider: set OPENAI_API_KEY, or give a configuration file or a provider's URL")

// openAIBaseURL is where OpenAI's own SDKs go without OPENAI_BASE_URL.
const openAIBaseURL = "https://api.openai.com/v1"

// FromEnv makes a configuration without a file: the defaults and one provider
// for all models. With a providerURL that is the provider, named "default",
// called without a key. Otherwise it is "openai", with OPENAI_API_KEY and
// OPENAI_BASE_URL read from env as OpenAI's SDKs read them. The two do not mix:
// the key in the environment belongs to OPENAI_BASE_URL, and a URL given for
// one run must not receive it; Warnings says so. The error is ErrNoProvider or
// an *Error.
func FromEnv(providerURL string, env func(string) (string, bool)) (*Config, error) {
	c, p, name := Default(), DefaultProvider(), "openai"
	key, _ := env("OPENAI_API_KEY")
	switch {
	case providerURL != "":
		name, p.BaseURL = "default", providerURL
		if key != "" {
			c.notes = append(c.notes, "OPENAI_API_KEY is not sent to the provider's URL given; set OPENAI_BASE_URL to that URL instead")
		}
	case key == "":
		return nil, ErrNoProvider
	default:
		p.APIKey, p.BaseURL = Secret(key), openAIBaseURL
		if base, _ := env("OPENAI_BASE_URL"); base != "" {
			p.BaseURL = base
		}
	}
	c.Providers = map[string]Provider{name: p}
	c.Models = map[string]Route{AnyModel: To(name)}
	c.normalize()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}
