package loadtest

import (
	"math/rand/v2"
	"time"
)

// Clients with a way of their own to give credit and to acknowledge.

func greedy(r *rand.Rand, p *plan) habit {
	h := slow(r, p)
	h.window = 1 << 40
	return h
}

// A grant that is said at once can't be told from one that the target did not
// wait for.
func miser(*rand.Rand, *plan) habit {
	return habit{window: 1, every: 1, late: 5 * time.Millisecond}
}

func acksLate(*rand.Rand, *plan) habit {
	h := usual(false, nil)
	h.window, h.late = plenty, 500*time.Millisecond
	return h
}

func acksTwice(*rand.Rand, *plan) habit {
	h := usual(false, nil)
	h.twice, h.every = true, 4
	return h
}
