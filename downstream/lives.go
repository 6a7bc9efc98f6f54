package downstream

import (
	"slices"
	"sync"
)

// lives are the streams that can be resumed, and those that have ended and
// whose end can still be read. Safe for concurrent use.
type lives struct {
	max int // of those that have ended

	mu    sync.Mutex
	by    map[string]*live
	ended []*live // the oldest first
}

func newLives(max int) *lives { return &lives{max: max, by: map[string]*live{}} }

func (t *lives) put(l *live) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.by[l.call.ID] = l
}

// find returns the stream of that id if it is principal's. Another's is as
// unknown as one that never was.
func (t *lives) find(id, principal string) *live {
	if l := t.get(id); l != nil && l.who.Name == principal {
		return l
	}
	return nil
}

// get returns the stream of that id, whoever's it is.
func (t *lives) get(id string) *live {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.by[id]
}

// keep keeps a stream that has ended, for those who have not heard its end.
// Beyond the bound the oldest one is dropped.
func (t *lives) keep(l *live) {
	t.mu.Lock()
	t.ended = append(t.ended, l)
	var oldest *live
	if len(t.ended) > t.max {
		oldest = t.ended[0]
	}
	t.mu.Unlock()
	if oldest != nil {
		t.drop(oldest)
	}
}

// drop forgets a stream.
func (t *lives) drop(l *live) {
	t.mu.Lock()
	known := t.by[l.call.ID] == l
	delete(t.by, l.call.ID)
	t.ended = slices.DeleteFunc(t.ended, func(other *live) bool { return other == l })
	t.mu.Unlock()
	if known {
		l.forget()
	}
}

// clear forgets all streams that have ended.
func (t *lives) clear() {
	t.mu.Lock()
	all := slices.Clone(t.ended)
	t.mu.Unlock()
	for _, l := range all {
		t.drop(l)
	}
}

// consumers are those that read a stream.
func (t *lives) consumers() (all []consumer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.by {
		if c := l.attached(); c != nil {
			all = append(all, c)
		}
	}
	return all
}

// len is how many there are, and how many of them have ended.
func (t *lives) len() (all, ended int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.by), len(t.ended)
}
