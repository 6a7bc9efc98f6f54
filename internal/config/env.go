package config

import (
	"errors"
	"strings"
)

// ErrNoProvider says that FromEnv was given nothing to call.
var ErrNoProvider = errors.New("config: no provider: set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, or give a configuration file or a provider's URL")

// openAIBaseURL is where OpenAI's own SDKs go without OPENAI_BASE_URL.
const openAIBaseURL = "https://api.openai.com/v1"

// surroundings is where a provider's own SDKs find their key and base URL in
// the environment. All three read theirs like this.
type surroundings struct {
	name string   // of the provider, and of its API
	keys []string // the first that is set counts
	base string
	// root is used without base. Either has no version: that is what is put
	// behind it, as the SDKs do.
	root, version string
}

var knownProviders = []surroundings{
	// The version is part of what OPENAI_BASE_URL says, and of no other.
	{APIOpenAI, []string{"OPENAI_API_KEY"}, "OPENAI_BASE_URL", openAIBaseURL, ""},
	{APIAnthropic, []string{"ANTHROPIC_API_KEY"}, "ANTHROPIC_BASE_URL", "https://api.anthropic.com", "/v1"},
	// With both keys set, Google's SDKs take the first.
	{APIGemini, []string{"GOOGLE_API_KEY", "GEMINI_API_KEY"}, "GOOGLE_GEMINI_BASE_URL", "https://generativelanguage.googleapis.com", "/v1beta"},
}

// FromEnv makes a configuration without a file: the defaults, and a route for
// all models. With a providerURL it leads to that provider, named "default",
// which speaks OpenAI's API and is called without a key. Otherwise it leads to
// "openai", "anthropic" and "gemini", as far as env has their keys, with keys
// and base URLs read as these providers' own SDKs read them: a call goes to the
// one that speaks its API. The two do not mix: a key in the environment belongs
// to its own provider, and a URL given for one run must not receive it. Warnings
// says so of OpenAI's key, which may have been meant. The error is ErrNoProvider
// or an *Error.
func FromEnv(providerURL string, env func(string) (string, bool)) (*Config, error) {
	c := Default()
	c.Providers, c.Models = map[string]Provider{}, map[string]Route{}
	add := func(name string, p Provider) {
		c.Providers[name] = p
		c.Models[AnyModel] = append(c.Models[AnyModel], Target{To: name})
	}
	if providerURL != "" {
		p := DefaultProvider()
		p.BaseURL = providerURL
		add("default", p)
	}
	for _, s := range knownProviders {
		name, key := s.key(env)
		switch {
		case key == "":
		case providerURL != "":
			// The other keys can't be meant for it.
			if s.name == APIOpenAI {
				c.notes = append(c.notes, name+" is not sent to the provider's URL given; set "+s.base+" to that URL instead")
			}
		default:
			p := DefaultProvider()
			p.API, p.APIKey, p.BaseURL = s.name, Secret(key), s.root
			if base, _ := env(s.base); base != "" {
				p.BaseURL = strings.TrimRight(base, "/")
			}
			p.BaseURL += s.version
			add(s.name, p)
		}
	}
	if len(c.Providers) == 0 {
		return nil, ErrNoProvider
	}
	c.normalize()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}

// key is the key that env has, and its variable.
func (s *surroundings) key(env func(string) (string, bool)) (name, key string) {
	for _, name := range s.keys {
		if key, _ := env(name); key != "" {
			return name, key
		}
	}
	return "", ""
}
