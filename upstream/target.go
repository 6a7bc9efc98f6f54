package upstream

import (
	"sync/atomic"
	"time"

	"tidegate/breaker"
)

// maxPause bounds for how long a provider that asked to be left alone is
// believed.
const maxPause = 5 * time.Minute

// lane is a model at a provider: what is known of its health. All targets that
// lead there share it.
type lane struct {
	model   string            // as the provider knows it, or "*"
	breaker *breaker.Provider // nil: none
	pauses  []atomic.Int64    // by key: until when it asked to be left alone, in nanoseconds
}

func (p *Provider) newLane(model string, limits breaker.Limits) *lane {
	return &lane{model: model, breaker: breaker.NewProvider(limits), pauses: make([]atomic.Int64, len(p.keys.all))}
}

// lane gives the lane of a model, one for each name. Not for concurrent use:
// all of them are made while the routes are.
func (p *Provider) lane(model string) *lane {
	l, ok := p.lanes[model]
	if !ok {
		l = p.newLane(model, p.breaker)
		p.lanes[model] = l
	}
	return l
}

// target is where a call may go.
type target struct {
	provider *Provider
	lane     *lane
	entry    string // the configured name that leads here, or "*"
	rename   string // the provider's name for the model; empty: as the client said
	weight   int
	key      int // the only key that will do; -1: any
}
