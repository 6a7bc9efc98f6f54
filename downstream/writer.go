package downstream

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"

	"tidegate/stream"
)

// writer writes a stream to a client's connection, whenever it is woken, in
// the goroutine that wakes it: mostly the one that has just read from the
// provider, so that a token passes through without a change of goroutines.
// Only when the connection takes no more does a goroutine of its own wait for
// it.
type writer struct {
	conn   *clientConn
	try    tryWriter
	reader atomic.Pointer[stream.Reader] // nil: heartbeats are all there is so far
	done   func()                        // once, after the last byte, or when nothing more can be written

	mu        sync.Mutex // guards the following
	committed bool       // the response has begun
	busy      bool       // somebody is writing
	again     bool       // there may be more by now
	closed    bool       // nothing will be written any more

	turn bool // the producer's: it is the one who writes, until it flushes

	// The following belong to whoever made busy true.
	page    *page  // borrowed while bytes are in flight
	at      int    // where in the page the chunk begins
	chunk   []byte // the chunk being put together; nil: none is
	pending []byte // not written yet
	head    []byte // the response's head, until it is written
	beat    bool   // a heartbeat is due
	ev      stream.Event
	frame   frame
	seq     uint64 // the newest event put into a page
	last    bool   // nothing follows the page
	whole   bool   // the page ends the answer, and the answer is whole
	ended   bool   // the last page was written
	clean   bool   // the response is complete in itself: the connection can go on

	wide  bool      // the send buffer is the large one
	since time.Time // when the count since had began
	had   int64     // bytes written by then

	wrote   atomic.Int64 // bytes
	writeAt atomic.Int64 // when, in Unix nanoseconds
	dead    atomic.Bool  // the connection was cut
}

// commit begins the response with a head, and reports false when it has begun
// already. Nothing is written before that.
func (w *writer) commit(head []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.committed || w.closed {
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
	if w.committed || w.closed {
		w.mu.Unlock()
		return false
	}
	w.committed = true
	w.head, w.last, w.clean = response, true, true
	w.mu.Unlock()
	w.wake()
	return true
}

// finished says that nothing will be written any more.
func (w *writer) finished() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed
}

// wake writes what there is. It does not block.
func (w *writer) wake() {
	if w.take() {
		w.run(true)
	}
}

// heartbeat writes a comment, unless something is being written anyhow.
func (w *writer) heartbeat() {
	w.mu.Lock()
	if w.busy || w.closed || !w.committed {
		w.mu.Unlock()
		return
	}
	w.busy, w.beat = true, true
	w.mu.Unlock()
	w.run(true)
}

// take makes the caller the one who writes, unless there is one.
func (w *writer) take() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	if w.busy {
		w.again = true
		return false
	}
	w.busy = true
	return true
}

// rest ends a turn, unless there may be more by now.
func (w *writer) rest() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.again {
		w.again = false
		return false
	}
	w.giveUpPage()
	w.busy = false
	return true
}

func (w *writer) giveUpPage() {
	if w.page != nil {
		pages.Put(w.page)
		w.page, w.pending, w.chunk = nil, nil, nil
	}
}

// Offer implements stream.Direct: the event goes straight into the page that
// is written with the next Flush.
func (w *writer) Offer(seq uint64, ev stream.Event) bool {
	if !w.turn {
		if !w.take() {
			return false
		}
		w.turn = true
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
	w.chunk = w.frame.begin(w.chunk, ev)
	w.chunk = w.frame.more(w.chunk, w.limit())
	w.seq = seq
	return true
}

// Flush implements stream.Direct.
func (w *writer) Flush() {
	if w.turn {
		w.turn = false
		w.run(true)
		return
	}
	w.wake()
}

// run is one turn of writing: until there is nothing more.
func (w *writer) run(inline bool) {
	for {
		if len(w.pending) == 0 && !w.fill() {
			if w.dead.Load() {
				w.finish()
				return
			}
			if w.rest() {
				return
			}
			continue
		}
		piece := w.pending
		if !w.wide { // the kernel looks at its limit only between pieces
			piece = piece[:min(len(piece), unsent)]
		}
		n, err := w.try.write(piece)
		if n == 0 && err == nil && !inline {
			n, err = w.conn.Write(piece)
		}
		w.pending = w.pending[n:]
		w.wrote.Add(int64(n))
		switch {
		case err != nil || w.dead.Load():
			w.finish()
			return
		case len(w.pending) > 0:
			if inline && n < len(piece) {
				w.shrink()
				go w.run(false)
				return
			}
		default:
			now := time.Now()
			w.writeAt.Store(now.UnixNano())
			if w.delivered(now) {
				w.ended = true
				w.finish()
				return
			}
			if !w.wide {
				w.widen(now)
			}
		}
	}
}

// shrink keeps no more than what the connection did not take: a client that
// does not read may leave it there for long.
func (w *writer) shrink() {
	if w.page != nil && len(w.pending) < pageSize/2 {
		w.pending = bytes.Clone(w.pending)
		pages.Put(w.page)
		w.page = nil
	}
}

// widen gives a connection that takes much in little time the room to take
// more at once.
func (w *writer) widen(now time.Time) {
	switch wrote := w.wrote.Load(); {
	case now.Sub(w.since) > wideWithin:
		w.since, w.had = now, wrote
	case wrote-w.had > wideAfter:
		w.wide = true
		w.conn.widen()
	}
}

// delivered says that the page has been written, and whether it was the last.
func (w *writer) delivered(now time.Time) (last bool) {
	if r := w.reader.Load(); r != nil {
		r.Delivered(now)
		applied := w.seq
		if w.frame.open {
			applied--
		}
		_ = r.Ack(applied, stream.NoLimit)
	}
	return w.last
}

// finish closes the writer.
func (w *writer) finish() {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return
	}
	w.closed = true
	w.giveUpPage()
	w.mu.Unlock()
	w.done()
}

// hangUp cuts the connection. What was not written will not be.
func (w *writer) hangUp() {
	if w.dead.Swap(true) {
		return
	}
	w.conn.reset()
	_ = w.conn.SetWriteDeadline(time.Unix(1, 0)) // wakes a goroutine that waits
	if w.take() {
		w.finish()
	}
}

// fill puts what is ready into a page, and reports whether that is anything.
func (w *writer) fill() bool {
	if w.last && w.head == nil || w.dead.Load() {
		return false
	}
	if len(w.head) > pageSize/4 {
		w.pending, w.head = w.head, nil
		return true
	}
	if w.chunk == nil {
		w.open()
	}
	w.chunk = w.events(w.chunk, w.limit())
	size := len(w.chunk) - chunkHead
	space, end := w.page.space[:], w.at
	if size > 0 {
		putChunkHead(space[w.at:], size)
		end += len(w.chunk)
		end += copy(space[end:], "\r\n")
	}
	if w.whole {
		end += copy(space[end:], lastChunk)
	}
	w.pending, w.chunk = space[:end], nil
	return end > 0
}

// open begins a chunk in a page, behind the head where there is one.
func (w *writer) open() {
	if w.page == nil {
		w.page = pages.Get().(*page)
	}
	w.at = copy(w.page.space[:], w.head)
	w.head = nil
	w.chunk = w.page.space[w.at : w.at+chunkHead]
}

// limit is how long a chunk may become in its page.
func (w *writer) limit() int { return pageSize - w.at - chunkTail - len(lastChunk) }

// events appends events to dst until it has limit bytes.
func (w *writer) events(dst []byte, limit int) []byte {
	if w.beat {
		w.beat = false
		dst = append(dst, ": keep-alive\n\n"...)
	}
	r := w.reader.Load()
	if r == nil {
		return dst
	}
	for {
		if w.frame.open {
			if dst = w.frame.more(dst, limit); w.frame.open {
				return dst
			}
		}
		if len(dst) > limit-maxNameFrame {
			return dst
		}
		seq, ok := r.Next(&w.ev)
		if !ok {
			break
		}
		if seq != w.seq+1 {
			panic("downstream: an event is missing or doubled")
		}
		w.seq = seq
		dst = w.frame.begin(dst, w.ev)
	}
	if end, ok := r.End(); ok {
		w.last = true
		if end.Reason == stream.Complete {
			w.whole, w.clean = true, true
			return append(dst, "data: [DONE]\n\n"...)
		}
		if !end.Told {
			dst = append(dst, "data: "...)
			dst = endFailure(end).appendJSON(dst)
			dst = append(dst, "\n\n"...)
		}
	}
	return dst
}
