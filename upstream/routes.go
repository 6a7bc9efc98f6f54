package upstream

import (
	"fmt"
	"slices"
	"strings"
)

// Routes says which provider answers for a model. It does not change.
type Routes struct {
	byModel map[string]Route
	names   []string
}

// Route is where a model's calls go.
type Route struct {
	Provider *Provider
	Model    string // as configured: the client's name for it, or "*"
	Rename   string // the provider's name for it; empty: as the client said
}

// NewRoutes reads targets of the form "provider" or "provider/model". The
// model "*" is for every name that has no route of its own.
func NewRoutes(models map[string]string, providers map[string]*Provider) (*Routes, error) {
	r := &Routes{byModel: make(map[string]Route, len(models))}
	for model, target := range models {
		name, rename, _ := strings.Cut(target, "/")
		p, ok := providers[name]
		if !ok {
			return nil, fmt.Errorf("upstream: model %q: there is no provider %q", model, name)
		}
		r.byModel[model] = Route{Provider: p, Model: model, Rename: rename}
		if model != "*" {
			r.names = append(r.names, model)
		}
	}
	slices.Sort(r.names)
	return r, nil
}

// Find returns the route of the model that a client named.
func (r *Routes) Find(model string) (Route, bool) {
	if route, ok := r.byModel[model]; ok && model != "*" {
		return route, true
	}
	route, ok := r.byModel["*"]
	return route, ok
}

// Models are the configured names, sorted, without "*".
func (r *Routes) Models() []string { return r.names }

// All are the configured routes.
func (r *Routes) All() map[string]Route { return r.byModel }
