package loadtest

import "math/rand/v2"

// Clients that do not stay.

// plenty is a window, in events, so large that the target's buffer alone is
// the bound.
const plenty = 4096

// midway is an event in the first half of the answer, and not its first one.
func midway(r *rand.Rand, p *plan) uint64 { return 2 + uint64(r.IntN(max(1, p.tokens/2))) }

func stalled(r *rand.Rand, p *plan) habit {
	h := usual(true, at(midway(r, p), deed{verb: stall}))
	h.window = plenty
	return h
}

func leaver(r *rand.Rand, p *plan) habit {
	d := deed{verb: leave}
	if p.resumable() && r.IntN(2) == 0 {
		d.verb = stop
	}
	return usual(false, at(midway(r, p), d))
}

func vanisher(r *rand.Rand, p *plan) habit {
	return usual(true, at(midway(r, p), deed{verb: vanish}))
}

func reloader(r *rand.Rand, p *plan) habit {
	h := usual(false, nil)
	if !p.resumable() {
		if p.again == 0 {
			h.again = 1
			h.act = at(midway(r, p), deed{verb: leave})
		}
		return h
	}
	first := midway(r, p)
	second := first + midway(r, p)
	h.act = func(n uint64) deed {
		switch n {
		case first:
			first = 0
			return deed{verb: reload}
		case second:
			second = 0
			return deed{verb: reload}
		}
		return deed{}
	}
	return h
}
