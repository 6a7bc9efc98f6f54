package upstream

import (
	"context"
	"time"

	"tidegate/stream"
)

// CallerOptions bound what a Caller does and remembers.
type CallerOptions struct {
	Failover Failover
	Stored   int // stored answers whose provider is remembered
}

// Caller makes calls along its routes. It implements stream.Opener.
type Caller struct {
	routes   *Routes
	failover Failover
	stored   *stored
}

// NewCaller makes a Caller.
func NewCaller(routes *Routes, o CallerOptions) *Caller {
	return &Caller{routes: routes, failover: o.Failover, stored: newStored(o.Stored)}
}

// Open implements stream.Opener.
func (c *Caller) Open(ctx context.Context, call *stream.Call) (*stream.Answer, error) {
	now := time.Now()
	s := &search{Caller: c, ctx: ctx, call: call, deadline: now.Add(c.failover.Time)}
	if call.API == stream.Response {
		t, err := c.maker(call)
		if err != nil {
			return nil, err
		}
		return s.run([]*target{t})
	}
	all := c.routes.find(call.Model)
	if all == nil {
		return nil, unknownModel(call.Model)
	}
	targets := order(all, call.API, now)
	if len(targets) == 0 {
		return nil, wrongAPI(call, all)
	}
	return s.run(c.makers(call, targets))
}
