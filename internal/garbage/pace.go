// Package garbage says how far the heap may grow between two garbage collections.
package garbage

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// grows is how much the heap grows by between two collections, in percent of
	// what is in use. Much above it the garbage of a crowd's beginning shows in
	// the memory per stream.
	grows = 150

	// room is about how much it grows by at least, in bytes. A gateway has so little in
	// use that collections would follow one another after a few hundred calls
	// without it, and take some 6 % of what a call costs.
	room = 16 << 20

	// least is the heap below which Go does not collect at 100 percent (runtime,
	// defaultHeapMinimum). It grows with the percentage.
	least = 4 << 20
)

// Pace has the heap grow between two collections by 150 percent of what is in
// use, and by about 16 MiB at least. Go knows a percentage alone, so it is set anew
// after each collection, for as long as the process runs. A percentage that the
// operator has set (GOGC) stays as it is, and Pace does nothing; a limit of
// memory (GOMEMLIMIT) holds all the same, as Go collects as often as that takes.
// To be called once.
func Pace() {
	if os.Getenv("GOGC") == "" {
		adjust(nil)
	}
}

// sentinel is held by nobody, so that the next collection finds it. It has a
// pointer: of objects without, Go puts several together, and keeps them so.
type sentinel struct{ _ *sentinel }

// adjust sets the percentage, now and after the next collection.
func adjust(*sentinel) {
	debug.SetGCPercent(percent(inUse()))
	runtime.AddCleanup(new(sentinel), adjust, nil)
}

// percent is the percentage where so many bytes are in use.
func percent(used uint64) int {
	return max(grows, int(100*room/max(used, least)))
}

// inUse is what the newest collection has left, and what the runtime takes its
// percentage of: objects, stacks and globals, in bytes.
func inUse() (sum uint64) {
	found := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"},
	}
	metrics.Read(found)
	for _, s := range found {
		if s.Value.Kind() == metrics.KindUint64 { // a later Go may do without one
			sum += s.Value.Uint64()
		}
	}
	return sum
}
