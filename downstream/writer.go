package downstream

import (
	"bytes"
	"sync/atomic"
	"time"

	"tidegate/stream"
)

// writer writes a stream to a client's connection, whenever it is woken, in
// the goroutine that wakes it: mostly the one that has just read from the
// provider, so that a token passes through without a change of goroutines.
type writer struct {
	turn
	manner *manner
	reader atomic.Pointer[stream.Reader] // nil: heartbeats are all there is so far
	done   func()                        // once, after the last byte, or when nothing more can be written

	committed bool // the response has begun; guarded by the turn's mu

	mine bool // the turn is the producer's, until it flushes

	// The turn's own.
	framing
	at    int    // where in the page the chunk begins
	chunk []byte // the chunk being put together; nil: none is
	head  []byte // the response's head, until it is written
	beat  bool   // a heartbeat is due
	final bool   // nothing follows the page
	whole bool   // the page ends the answer, and the answer is whole
	sent  bool   // the last page was written
	clean bool   // the response is complete in itself: the connection can go on

	since time.Time // when the count of what is passed began
	had   int       // passed by then

	writeAt atomic.Int64 // when, in Unix nanoseconds
}

// begin says where to, how, and who is told that it is done.
func (w *writer) begin(conn *clientConn, m *manner, done func()) {
	w.conn, w.try, w.out = conn, newTryWriter(conn), w
	w.manner, w.done = m, done
}

// commit begins the response with a head, and reports false when it has begun
// already. Nothing is written before that.
func (w *writer) commit(head []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.committed || w.ended {
		return false
	}
	w.committed = true
	w.head = head
	return true
}

// only is commit with a response that is whole: it is written, and nothing
// behind it.
func (w *writer) only(response []byte) bool {
	w.mu.Lock()
	if w.committed || w.ended {
		w.mu.Unlock()
		return false
	}
	w.committed = true
	w.head, w.final, w.clean = response, true, true
	w.mu.Unlock()
	w.wake()
	return true
}

// finished says that nothing will be written any more.
func (w *writer) finished() bool {
	_, ended := w.state()
	return ended
}

// heartbeat writes a comment where the API knows any, unless something is being
// written anyhow.
func (w *writer) heartbeat() {
	w.mu.Lock()
	if w.busy || w.ended || !w.committed {
		w.mu.Unlock()
		return
	}
	w.busy, w.beat = true, !w.manner.strict
	w.mu.Unlock()
	w.run(true)
}

// Offer implements stream.Direct: the event goes straight into the page that
// is written with the next Flush.
func (w *writer) Offer(seq uint64, ev stream.Event) bool {
	if !w.mine {
		if !w.take() {
			return false
		}
		w.mine = true
	}
	if len(w.pending) > 0 || len(w.head) > pageSize/4 || w.frame.open {
		return false
	}
	if w.chunk == nil {
		w.open()
	}
	size := len(ev.Name) + len(ev.Data) + frameSize
	if len(w.chunk)+size > w.limit() || bytes.IndexByte(ev.Data, '\n') >= 0 {
		return false
	}
	w.chunk = w.start(w.chunk, ev)
	w.chunk = w.frame.more(w.chunk, w.limit())
	w.seq = seq
	return true
}

// Flush implements stream.Direct.
func (w *writer) Flush() {
	if w.mine {
		w.mine = false
		w.run(true)
		return
	}
	w.wake()
}

// wrote implements outlet.
func (w *writer) wrote(now time.Time) {
	w.writeAt.Store(now.UnixNano())
	if r := w.reader.Load(); r != nil {
		r.Delivered(now)
		applied := w.seq
		if w.frame.open {
			applied--
		}
		_ = r.Ack(applied, stream.NoLimit)
	}
	w.sent = w.last
	if !w.wide && !w.last {
		w.widen(now)
	}
}

// widen gives a connection that takes much in little time the room to take
// more at once.
func (w *writer) widen(now time.Time) {
	switch {
	case now.Sub(w.since) > wideWithin:
		w.since, w.had = now, w.passed
	case w.passed-w.had > wideAfter:
		w.wide = true
		w.conn.widen()
	}
}

// over implements outlet.
func (w *writer) over() { w.done() }
