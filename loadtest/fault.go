package loadtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Fault is something that the provider does to a stream.
type Fault struct {
	Name   string
	About  string
	tail   bool // what was sent last may be lost
	script func(r *rand.Rand, tokens int) string
}

// Faults are all there are. Where they happen is chosen for each stream.
var Faults = []Fault{
	{"none", "none", false, func(*rand.Rand, int) string { return "" }},
	{"slow", "its first token takes 1 to 3 s", false, func(r *rand.Rand, _ int) string {
		return fmt.Sprintf("&first_delay=%dms", 1000+r.IntN(2000))
	}},
	{"stall", "it says nothing for 3 s in the middle", false, func(r *rand.Rand, tokens int) string {
		return fmt.Sprintf("&stall=3s&stall_at=%d", within(r, tokens))
	}},
	{"cut", "its connection is closed in the middle of an event", false, broken("cut")},
	{"reset", "its connection is reset", true, broken("rst")},
	{"end", "its answer ends well, in the middle", false, broken("end")},
	{"error", "it says an error in the middle", false, broken("error_event")},
	{"refuse", "it answers with status 503", false, func(*rand.Rand, int) string { return "&status=503" }},
	{"huge", "one event has 100 KiB", false, func(r *rand.Rand, tokens int) string {
		return fmt.Sprintf("&huge=102400&huge_at=%d", within(r, tokens))
	}},
}

func broken(fault string) func(*rand.Rand, int) string {
	return func(r *rand.Rand, tokens int) string {
		return fmt.Sprintf("&fault=%s&at=%d", fault, within(r, tokens))
	}
}

// within is a number of events that leaves something before and after.
func within(r *rand.Rand, tokens int) int { return 2 + r.IntN(max(1, tokens-2)) }

// faultNamed is one that is known to be there.
func faultNamed(name string) Fault {
	return Faults[slices.IndexFunc(Faults, func(f Fault) bool { return f.Name == name })]
}
