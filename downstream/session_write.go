package downstream

import (
	"time"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
)

// fill implements outlet: what is to say about the connection and its streams
// first, then events, a quantum from each stream in turn.
func (x *session) fill(page []byte) (filled []byte, last bool) {
	said, parted := x.conn.take() // the handshake's answer comes first
	x.page = append(page, said...)
	x.mu.Lock()
	control, ping, pong, closing := x.control, x.ping, x.pong, x.closing
	x.control, x.ping, x.pong = nil, false, nil
	x.taken.Broadcast()
	only := x.onlyLane()
	x.mu.Unlock()

	if parted { // the library has said goodbye: nothing may come after it
		control = nil
	}
	for i := range control {
		x.say(&control[i])
	}
	if pong != nil {
		_ = x.ws.WriteControl(websocket.PongMessage, []byte(*pong), time.Time{})
	}
	if ping {
		_ = x.ws.WriteControl(websocket.PingMessage, nil, time.Time{})
	}
	more := false
	if !parted && (closing == nil || closing.code == wire.CloseDraining) { // streams that end shutdown say so first
		more = x.events(only)
		x.turn.all = closing == nil && !more
	}
	x.endFrame()
	if closing != nil && !more {
		// fails where the library has said goodbye itself
		_ = x.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(closing.code, closing.text), time.Time{})
		x.last = true
	}
	said, _ = x.conn.take()
	page = append(x.page, said...)
	x.page = nil
	return page, x.last
}

// events writes a quantum from each stream in turn until there is half a
// page. It reports whether there may be more. Only, if not nil, was the only
// one that had something.
func (x *session) events(only *lane) (more bool) {
	for before := len(x.page); ; {
		l := only
		if l == nil {
			l = x.nextLane()
		}
		if l == nil {
			return false
		}
		x.written = append(x.written, l)
		if l.write() {
			x.requeue(l)
			only = nil
		}
		after := len(x.page)
		l.size += int64(after - before) // but for the head of a text frame that others share
		if before = after; after >= pageSize/2 {
			return true
		}
		if only != nil {
			return false
		}
	}
}

// onlyLane is the stream that has begun this turn, if none is ready before it:
// mostly there is but one. Otherwise that one gets in line.
func (x *session) onlyLane() *lane {
	l := x.woken
	x.woken = nil
	if l == nil || l.queued || !l.open {
		return nil
	}
	if len(x.ready) > 0 {
		l.queued = true
		x.ready = append(x.ready, l)
		return nil
	}
	return l
}

// wrote implements outlet.
func (x *session) wrote(now time.Time) {
	for _, l := range x.written {
		l.delivered(now)
	}
	for _, l := range x.ending {
		l.stream.done(true)
		l.stream.detach(l)
		x.finish(l)
	}
	clear(x.written)
	clear(x.ending)
	x.written, x.ending = x.written[:0], x.ending[:0]
}

// finish remembers a stream whose end is written, until its number is used
// again. There are never too many: rather none, and what they hold is freed
// when they are forgotten.
func (x *session) finish(l *lane) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.over_ || x.lanes[l.s] != nil || x.opening[l.s] != nil || l.lost {
		return
	}
	if x.finished == nil || len(x.finished) >= x.srv.opt.PerConn {
		x.finished = map[uint32]*live{}
	}
	x.finished[l.s] = l.stream
}

func (x *session) nextLane() *lane {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.control) > 0 { // opened may be among it, and has to come first
		return nil
	}
	for len(x.ready) > 0 {
		l := x.ready[0]
		x.ready = x.ready[1:]
		l.queued = false
		if l.open {
			return l
		}
	}
	return nil
}

func (x *session) requeue(l *lane) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !l.queued && l.open && !x.over_ {
		l.queued = true
		x.ready = append(x.ready, l)
	}
}

// forget takes a stream off the session, unless its number is another's by
// now.
func (x *session) forget(l *lane) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.lanes[l.s] == l {
		delete(x.lanes, l.s)
	}
	l.open = false
}
