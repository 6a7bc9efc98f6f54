package config

import (
	"fmt"
	"strings"
)

func (c *Config) checkModels(k *checker) {
	if len(c.Models) == 0 {
		k.add("models", `no model leads to a provider: add "*": PROVIDER`)
	}
	for _, name := range sortedKeys(c.Models) {
		path, route := join("models", name), c.Models[name]
		if !isName(name, 256) {
			k.add(path, "a model's name must be 1 to 256 printable characters without spaces")
		}
		switch {
		case len(route) == 0:
			k.add(path, "leads nowhere: give a provider, or a list of them")
		case len(route) > MaxTargets:
			k.add(path, "must be at most %d targets", MaxTargets)
		}
		for i, target := range route {
			at := path
			if len(route) > 1 {
				at = fmt.Sprintf("%s[%d]", path, i)
			}
			c.checkTarget(k, at, target)
		}
	}
}

func (c *Config) checkTarget(k *checker, path string, target Target) {
	provider, model, ok := c.Target(target.To)
	switch {
	case len(c.Providers) == 0:
		// Said already, once.
	case provider == "" && strings.HasSuffix(target.To, "/"):
		k.add(path, "must be a provider, or a provider and a model: a name is missing after the slash")
	case !ok:
		k.add(path, "names no provider; there is: %s", strings.Join(sortedKeys(c.Providers), ", "))
	case model != "" && !isName(model, 256):
		k.add(path, "the provider's model must be 1 to 256 printable characters without spaces")
	}
	between(k, path+".weight", target.Weight, 0, 1000)
}
