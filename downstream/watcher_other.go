//go:build !linux

package downstream

import "time"

// waiter waits with a goroutine for each connection, in a read, where there is
// no epoll. A byte that comes belongs to the next request, and the watch is
// over.
type waiter struct{}

// watched is what a connection needs for being watched.
type watched struct{ over chan struct{} }

func (w *watcher) begin() error { return nil }

func (w *watcher) close() {}

func (w *watcher) arm(id watchID, conn *clientConn) {
	conn.over = make(chan struct{})
	go func() {
		defer close(conn.over)
		var b [1]byte
		n, err := conn.Conn.Read(b[:])
		if n > 0 {
			conn.ahead = append(conn.ahead, b[0])
		}
		if err != nil {
			w.tell(id)
			return
		}
		w.forget(id)
	}()
}

func (w *watcher) armRead(watchID, *clientConn) bool { return false }

func (w *watcher) disarm(conn *clientConn) {
	if conn.over == nil {
		return
	}
	_ = conn.Conn.SetReadDeadline(time.Unix(1, 0))
	<-conn.over
	_ = conn.Conn.SetReadDeadline(time.Time{})
}
