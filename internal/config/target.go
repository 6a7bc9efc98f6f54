package config

import (
	"strings"
	"time"
)

// AnyModel is the name in Config.Models that stands for all not listed.
const AnyModel = "*"

// MaxTargets is how many targets a Route may have.
const MaxTargets = 32

// Route is where a model's calls go: to its first target, and where that fails
// before the answer has begun, to the others in their order. In YAML it is one
// target's text or a list, whose elements are texts, or mappings of to and
// weight.
type Route []Target

// Target is one place of a Route.
type Target struct {
	// To is a provider ("local") or a provider and the name it knows the model
	// by ("local/gpt-4o"); see Config.Target.
	To string `yaml:"to"`
	// Weight is how often the target is the first to be asked, as a share of the
	// sum of the route's weights, 0 to 1000. Default 1 where the target is a
	// mapping, else 0. Where all are 0 the first in the list is.
	Weight int `yaml:"weight"`
}

// To makes a Route of one target, or of several that are asked in this order.
func To(targets ...string) Route {
	r := make(Route, len(targets))
	for i, to := range targets {
		r[i].To = to
	}
	return r
}

// Failover bounds the search for a provider that answers a call.
type Failover struct {
	// Tries is how many targets of a route are asked, 1 to 32, default 3. A
	// target that is asked again with another of its keys counts once.
	Tries int `yaml:"tries"`
	// Time bounds the whole search, until a stream's first event or a whole
	// answer's header, 1 ms to 24 h, default 10 m. It ends a try that is under way.
	Time time.Duration `yaml:"time"`
}

// Target takes the text of a target apart: "provider", or "provider/model" to ask
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
