package loadtest

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Profile is a kind of client.
type Profile struct {
	Name  string
	About string // what it does to a stream
	habit func(r *rand.Rand, p *plan) habit
}

// Profiles are all there are. On the plain transport, which knows no credit
// and no return, those that are about them are steady.
var Profiles = []Profile{
	{"steady", "reads on", steady},
	{"mobile", "pauses for about 2 s, and now and then loses its connection for 5 to 20 s; plain: does not read for as long", mobile},
	{"slow", "reads at a third of the pace", slow},
	{"trickle", "sends its request and reads the first 16 KiB a byte at a time", trickle},
	{"stalled", "reads some, then never again; tidegate: receives on, and acknowledges nothing", stalled},
	{"leaver", "closes its connection mid-stream; tidegate: or cancels the call", leaver},
	{"vanisher", "goes silent mid-stream: its machine drops every packet, and no FIN is sent", vanisher},
	{"reloader", "closes its connection and is back at once, twice; plain: once, and with another call", reloader},
	{"greedy", "grants everything, and reads at a third of the pace", greedy},
	{"miser", "grants one event at a time", miser},
	{"acks-late", "acknowledges half a second late", acksLate},
	{"acks-twice", "acknowledges twice, and then once more what is older", acksTwice},
}

// profileNamed is one that is known to be there.
func profileNamed(name string) Profile {
	return Profiles[slices.IndexFunc(Profiles, func(p Profile) bool { return p.Name == name })]
}

// habit is what one client does to its stream.
type habit struct {
	window  uint64        // events granted beyond those applied
	every   uint64        // events applied until they are acknowledged, at most
	late    time.Duration // how much later acknowledgements are said
	twice   bool          // acknowledgements are said twice
	drip    int           // bytes read one at a time
	bounded bool          // its socket holds next to nothing
	again   int           // calls to make after this one was left; plain only
	act     func(n uint64) deed
}

// deed is what a client does before it takes an event.
type deed struct {
	verb verb
	wait time.Duration
}

type verb int

const (
	goOn   verb = iota
	rest        // reads nothing for a while
	tunnel      // has no connection for a while
	reload      // breaks its connection and returns at once
	leave       // closes its connection, for good
	stop        // asks to cancel the call
	stall       // takes nothing any more
	vanish      // is not there any more
)

// The window of a client that has nothing special about it, as the Go client's.
const (
	usualWindow = 64
	usualEvery  = 32
)

func usual(bounded bool, act func(n uint64) deed) habit {
	return habit{window: usualWindow, every: usualEvery, bounded: bounded, act: act}
}

func steady(*rand.Rand, *plan) habit { return usual(false, nil) }

// at does one deed, before event number n.
func at(n uint64, d deed) func(uint64) deed {
	return func(next uint64) deed {
		if next == n {
			return d
		}
		return deed{}
	}
}
