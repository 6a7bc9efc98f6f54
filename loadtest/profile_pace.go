package loadtest

import (
	"math/rand/v2"
	"time"
)

// Clients that stay, and are slow.

func mobile(r *rand.Rand, _ *plan) habit {
	const pauseIn, tunnelIn = 100, 800 // events, on average
	return usual(true, func(uint64) deed {
		switch {
		case r.IntN(tunnelIn) == 0:
			return deed{tunnel, 5*time.Second + rand.N(15*time.Second)}
		case r.IntN(pauseIn) == 0:
			return deed{rest, 1500*time.Millisecond + time.Duration(r.IntN(1000))*time.Millisecond}
		}
		return deed{}
	})
}

func slow(_ *rand.Rand, p *plan) habit {
	wait := 2 * time.Millisecond
	if p.pace > 0 {
		wait = time.Duration(2 / p.pace * float64(time.Second))
	}
	return usual(true, func(uint64) deed { return deed{rest, wait} })
}

func trickle(*rand.Rand, *plan) habit {
	h := usual(true, nil)
	h.drip = 16 << 10
	return h
}
