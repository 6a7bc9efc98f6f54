//go:build !linux

package downstream

import (
	"sync"
	"time"
)

// watcher notices clients that close their connections. Where there is no
// epoll, a goroutine for each waits in a read; a byte that comes belongs to
// the next request, and the watch is over.
type watcher struct {
	mu   sync.Mutex
	next watchID
	by   map[watchID]func()
}

type watchID uint64

// watched is what a connection needs for being watched.
type watched struct{ over chan struct{} }

func newWatcher() (*watcher, error) { return &watcher{by: map[watchID]func(){}}, nil }

func (w *watcher) add(gone func()) watchID {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next++
	w.by[w.next] = gone
	return w.next
}

func (w *watcher) arm(id watchID, conn *clientConn) {
	conn.over = make(chan struct{})
	go func() {
		defer close(conn.over)
		var b [1]byte
		n, err := conn.Conn.Read(b[:])
		if n > 0 {
			conn.ahead = append(conn.ahead, b[0])
		}
		w.mu.Lock()
		gone := w.by[id]
		delete(w.by, id)
		w.mu.Unlock()
		if err != nil && gone != nil {
			gone()
		}
	}()
}

func (w *watcher) armRead(watchID, *clientConn) bool { return false }

func (w *watcher) forget(id watchID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.by, id)
}

func (w *watcher) remove(id watchID, conn *clientConn) {
	w.forget(id)
	if conn.over == nil {
		return
	}
	_ = conn.Conn.SetReadDeadline(time.Unix(1, 0))
	<-conn.over
	_ = conn.Conn.SetReadDeadline(time.Time{})
}

func (w *watcher) close() {}
