package loadtest

import (
	"maps"
	"slices"
	"sync"
	"time"

	"tidegate/loadtest/check"
)

// book has the streams under way by their ids.
type book struct {
	mu      sync.Mutex
	streams map[string]entry
}

type entry struct {
	*check.Stream
	kill func() // ends its client
}

func newBook() *book { return &book{streams: map[string]entry{}} }

func (b *book) add(id string, s *check.Stream, kill func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.streams[id] = entry{s, kill}
}

func (b *book) remove(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.streams, id)
}

func (b *book) find(id []byte) *check.Stream {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.streams[string(id)].Stream
}

// judge has every stream looked at, and ends those for which it is of no use
// to wait.
func (b *book) judge(at time.Time) {
	b.mu.Lock()
	all := slices.Collect(maps.Values(b.streams))
	b.mu.Unlock()
	for _, e := range all {
		if !e.Judge(at) {
			e.kill()
		}
	}
}
