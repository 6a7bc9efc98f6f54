package downstream

import "sync"

// watcher notices clients that close their connections while nothing is read
// from them or written to them.
type watcher struct {
	waiter // how they are waited for, which differs by system

	mu   sync.Mutex // guards the following
	next watchID
	by   map[watchID]func()
}

type watchID uint64

func newWatcher() (*watcher, error) {
	w := &watcher{by: map[watchID]func(){}}
	if err := w.begin(); err != nil {
		return nil, err
	}
	return w, nil
}

// add makes a place for a connection; gone is called at most once, and must
// not block.
func (w *watcher) add(gone func()) watchID {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next++
	w.by[w.next] = gone
	return w.next
}

// forget is remove for a connection that the system may go on watching, until
// it is closed or armed again.
func (w *watcher) forget(id watchID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.by, id)
}

// remove forgets conn. gone may be under way.
func (w *watcher) remove(id watchID, conn *clientConn) {
	w.forget(id)
	w.disarm(conn)
}

// tell calls gone, unless that was done or forgotten.
func (w *watcher) tell(id watchID) {
	w.mu.Lock()
	gone := w.by[id]
	delete(w.by, id)
	w.mu.Unlock()
	if gone != nil {
		gone()
	}
}
