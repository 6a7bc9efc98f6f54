package upstream

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"tidegate/stream"
)

// Choice is one of the places where a model's calls may go.
type Choice struct {
	// To is "provider" or "provider/model".
	To string
	// Weight is how often it is the first to be asked, as a share of the sum of
	// the weights of all choices. Where all are 0 the first in the list is.
	Weight int
}

// Routes says which providers answer for a model. It does not change.
type Routes struct {
	byModel   map[string][]*target
	names     []string
	providers []*Provider // sorted by name
}

// NewRoutes makes the routes of models to providers, each with one choice or
// several in the order in which they are asked. The model "*" is for every name
// that has no route of its own. Providers belong to one Routes.
func NewRoutes(models map[string][]Choice, providers map[string]*Provider) (*Routes, error) {
	r := &Routes{byModel: make(map[string][]*target, len(models))}
	for model, choices := range models {
		if len(choices) == 0 {
			return nil, fmt.Errorf("upstream: model %q leads nowhere", model)
		}
		for _, choice := range choices {
			name, rename, _ := strings.Cut(choice.To, "/")
			p, ok := providers[name]
			if !ok {
				return nil, fmt.Errorf("upstream: model %q: there is no provider %q", model, name)
			}
			r.byModel[model] = append(r.byModel[model], &target{
				provider: p, lane: p.lane(cmp.Or(rename, model)),
				entry: model, rename: rename, weight: choice.Weight, key: -1,
			})
		}
		if model != "*" {
			r.names = append(r.names, model)
		}
	}
	for _, p := range providers {
		r.providers = append(r.providers, p)
	}
	slices.Sort(r.names)
	slices.SortFunc(r.providers, func(a, b *Provider) int { return cmp.Compare(a.name, b.name) })
	return r, nil
}

// find returns the targets of the model that a client named.
func (r *Routes) find(model string) []*target {
	if targets, ok := r.byModel[model]; ok && model != "*" {
		return targets
	}
	return r.byModel["*"]
}

// Models are the configured names, sorted, without "*".
func (r *Routes) Models() []string { return r.names }

// Providers are the providers, sorted by name.
func (r *Routes) Providers() []*Provider { return r.providers }

// Pairs calls f with each provider and configured model that calls may have.
func (r *Routes) Pairs(f func(provider, model string)) {
	for model, targets := range r.byModel {
		for _, t := range targets {
			f(t.provider.name, model)
		}
	}
}

// order is the order in which the targets that speak an API are asked: one
// drawn by weight first, and last those none of whose keys is free. The result
// may be shared.
func order(all []*target, api stream.API, now time.Time) []*target {
	if len(all) == 1 && all[0].provider.dialect.Speaks(api) {
		return all
	}
	targets := make([]*target, 0, len(all))
	sum := 0
	for _, t := range all {
		if t.provider.dialect.Speaks(api) {
			targets = append(targets, t)
			sum += t.weight
		}
	}
	if sum > 0 {
		at := rand.IntN(sum)
		for i, t := range targets {
			if at -= t.weight; at < 0 {
				copy(targets[1:], targets[:i])
				targets[0] = t
				break
			}
		}
	}
	slices.SortStableFunc(targets, func(a, b *target) int {
		return compareBool(a.provider.keys.blocked(a.lane, now), b.provider.keys.blocked(b.lane, now))
	})
	return targets
}

// compareBool puts false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
