package downstream

import (
	"tidegate/downstream/wire"
	"tidegate/stream"
)

// usageSaid is a call's usage as messages say it; nil: nothing is known.
func usageSaid(u stream.Usage) *wire.Usage {
	if !u.Known() {
		return nil
	}
	return &wire.Usage{
		Input: u.Input, Output: u.Output, Cached: u.Cached, Reasoning: u.Reasoning, Estimated: u.Estimated,
	}
}
