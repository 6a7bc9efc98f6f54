package downstream

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"
)

// outlet is what writes to a connection. It says what is written; a turn says
// when.
type outlet interface {
	// fill appends to page what is ready. Last says that nothing follows.
	fill(page []byte) (filled []byte, last bool)
	// wrote is called when all of it has been written.
	wrote(now time.Time)
	// over is called once, when nothing will be written any more.
	over()
}

// turn lets one goroutine at a time write: the one that has something new,
// without waiting, and a goroutine of its own only while the connection takes
// nothing.
type turn struct {
	conn *clientConn
	try  tryWriter
	out  outlet

	mu    sync.Mutex // guards the following
	busy  bool       // somebody writes
	again bool       // there may be more by now
	ended bool       // nothing will be written any more

	// The following belong to whoever made busy true.
	page    *page  // borrowed while bytes are in flight
	pending []byte // not written yet
	last    bool   // nothing follows what is pending
	all     bool   // fill has left nothing: what came after it has set again
	wide    bool   // the kernel may be given more than unsent at once

	dead  atomic.Bool  // the connection is cut, or will be
	bytes atomic.Int64 // written
}

func newTurn(conn *clientConn, out outlet) *turn {
	return &turn{conn: conn, try: newTryWriter(conn), out: out}
}

// wake writes what is ready. It does not block.
func (t *turn) wake() {
	if t.take() {
		t.run(true)
	}
}

// take makes the caller the one who writes, unless there is one.
func (t *turn) take() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended || t.busy {
		t.again = t.busy
		return false
	}
	t.busy = true
	return true
}

// run writes until there is nothing more.
func (t *turn) run(inline bool) {
	for {
		if t.dead.Load() {
			t.end()
			return
		}
		if len(t.pending) == 0 {
			if t.last {
				t.end()
				return
			}
			if !t.next() && t.rest() {
				return
			}
			continue
		}
		piece := t.pending
		if !t.wide { // the kernel looks at its limit only between pieces
			piece = piece[:min(len(piece), unsent)]
		}
		n, err := t.try.write(piece)
		if n == 0 && err == nil && !inline {
			n, err = t.conn.Write(piece)
		}
		t.pending = t.pending[n:]
		t.bytes.Add(int64(n))
		switch {
		case err == nil && len(t.pending) == 0: // also where the client, who has it all, has gone by now
			t.out.wrote(time.Now())
			if t.all && !t.last && t.rest() {
				return
			}
		case err != nil || t.dead.Load():
			t.end()
			return
		case inline && n < len(piece):
			t.shrink()
			go t.run(false)
			return
		}
	}
}

// next puts what is ready into a page, and reports whether there is anything
// left to do.
func (t *turn) next() bool {
	t.borrow()
	t.all = false
	t.pending, t.last = t.out.fill(t.page.space[:0])
	return len(t.pending) > 0 || t.last
}

// borrow borrows a page, unless there is one.
func (t *turn) borrow() {
	if t.page == nil {
		t.page = borrowPage(t.wide)
	}
}

// giveBack gives the page back.
func (t *turn) giveBack() {
	if t.page != nil {
		t.page.giveBack()
	}
	t.page, t.pending = nil, nil
}

// shrink keeps no more than what the connection did not take: a client that
// does not read may leave it there for long.
func (t *turn) shrink() {
	if t.page != nil && len(t.pending) < len(t.page.space)/2 {
		rest := bytes.Clone(t.pending)
		t.giveBack()
		t.pending = rest
	}
}

// rest ends the turn, unless there may be more by now.
func (t *turn) rest() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.again {
		t.again = false
		return false
	}
	t.giveBack()
	t.busy = false
	return true
}

func (t *turn) end() {
	t.mu.Lock()
	t.ended = true
	t.giveBack()
	t.mu.Unlock()
	t.out.over()
}

// state says whether somebody is writing, and whether nobody ever will again.
func (t *turn) state() (busy, ended bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.busy, t.ended
}

// cut is hangUp for a client that does not read: the kernel keeps nothing for
// it. A connection that has come to its end is left to that.
func (t *turn) cut() {
	if _, ended := t.state(); ended || t.dead.Swap(true) {
		return
	}
	t.conn.reset()
	t.stop()
}

// hangUp ends the connection. What is not written will not be.
func (t *turn) hangUp() {
	if !t.dead.Swap(true) {
		t.stop()
	}
}

func (t *turn) stop() {
	_ = t.conn.SetWriteDeadline(time.Unix(1, 0)) // wakes a goroutine that waits
	t.wake()
}
