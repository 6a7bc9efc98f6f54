package upstream

import (
	"context"

	"tidegate/breaker"
)

// underWay is a call that a provider answers, and what it holds until it ends.
type underWay struct {
	provider *Provider
	ctx      context.Context
	cancel   context.CancelCauseFunc
	clock    *clock
	slot     *slot
	leave    *breaker.Leave
}

// broke says that the answer broke off. It is the provider's fault only if
// neither its caller nor the gateway has cancelled it.
func (u *underWay) broke() {
	if cause := context.Cause(u.ctx); cause == nil || cause == errSilent {
		u.leave.Failed()
	}
}

// end cancels what is left of the call and gives back what it held. It may be
// called more than once.
func (u *underWay) end() {
	u.clock.stop()
	u.cancel(nil)
	u.slot.release()
}
