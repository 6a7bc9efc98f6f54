package loadtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Transports are how clients reach the target.
var Transports = []string{"ws", "ws-bin", "sse", "plain"}

// plan is what one stream is going to be. It follows from the run's seed and
// the stream's number alone.
type plan struct {
	id        string
	number    int
	profile   Profile
	transport string
	fault     Fault
	tokens    int
	pace      float64
	again     int // calls that the same client has made before
	model     string
	rand      *rand.Rand
}

func (p *plan) resumable() bool { return p.transport != "plain" }

// interval is the time between two tokens; 0: as fast as they are read.
func (p *plan) interval() time.Duration {
	if p.pace == 0 {
		return 0
	}
	return time.Duration(float64(time.Second) / p.pace)
}

// plan makes the plan of a stream; again counts the calls that its client has
// made before it.
func (g *generator) plan(number, again int) *plan {
	o := g.options
	p := &plan{
		id: fmt.Sprintf("%s%d", g.mark, number), number: number, again: again, tokens: o.Tokens, pace: o.Pace,
		rand: rand.New(rand.NewPCG(o.Seed, uint64(number))),
	}
	if again > 0 {
		p.id = fmt.Sprintf("%s.%d", p.id, again)
	}
	p.profile = profileNamed(pick(p.rand, o.Profiles))
	p.transport = o.Transports[p.rand.IntN(len(o.Transports))]
	p.fault = faultNamed(pick(p.rand, o.Faults))
	p.model = o.Model
	if g.source != nil {
		p.model = fmt.Sprintf("%s?tokens=%d&pace=%g%s", p.id, p.tokens, p.pace, p.fault.script(p.rand, p.tokens))
	}
	return p
}

func isTransport(name string) bool { return slices.Contains(Transports, name) }
