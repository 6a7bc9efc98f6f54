package downstream

import (
	"bytes"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
)

// fill implements outlet: what is to say about the connection and its streams
// first, then events, a quantum from each stream in turn.
func (x *session) fill(page []byte) (filled []byte, last bool) {
	x.conn.into(page)
	x.text, x.items = x.text[:0], 0
	x.mu.Lock()
	control, ping, pong, closing := x.control, x.ping, x.pong, x.closing
	x.control, x.ping, x.pong = nil, false, nil
	x.taken.Broadcast()
	x.mu.Unlock()

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
	if closing == nil || closing.code == wire.CloseDraining { // streams that end shutdown say so first
		more = x.events()
	}
	x.flushText()
	if closing != nil && !more {
		// fails where the library has said goodbye itself
		_ = x.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(closing.code, closing.text), time.Time{})
		x.last = true
	}
	x.text = nil
	return x.conn.take(), x.last
}

// events writes a quantum from each stream in turn until there is half a
// page. It reports whether there may be more.
func (x *session) events() (more bool) {
	for before := x.filled(); ; {
		l := x.nextLane()
		if l == nil {
			return false
		}
		x.written = append(x.written, l)
		if l.write() {
			x.requeue(l)
		}
		after := x.filled()
		l.size += int64(after - before) // but for the header of a text frame that others share
		if before = after; after >= pageSize/2 {
			return true
		}
	}
}

// filled is how many bytes of the page are taken.
func (x *session) filled() int { return len(x.text) + x.conn.collected() }

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

// say adds a message to the text frame that is being put together.
func (x *session) say(m *wire.Message) int {
	had := len(x.text)
	if x.items == 0 {
		x.text = append(x.text, '[')
	} else {
		x.text = append(x.text, ',')
	}
	x.items++
	x.text = m.Append(x.text)
	return len(x.text) - had
}

// flushText ends the text frame: one object, or an array of several. A
// provider's bytes that are no UTF-8 would make a client fail the connection
// (RFC 6455 section 8.1).
func (x *session) flushText() {
	if !utf8.Valid(x.text) {
		x.text = bytes.ToValidUTF8(x.text, []byte("\uFFFD"))
	}
	switch x.items {
	case 0:
		return
	case 1:
		_ = x.ws.WriteMessage(websocket.TextMessage, x.text[1:])
	default:
		_ = x.ws.WriteMessage(websocket.TextMessage, append(x.text, ']'))
	}
	x.text, x.items = x.text[:0], 0
}

// record writes an event as a record. Messages before it go out before it.
func (x *session) record(l *lane) int {
	x.flushText()
	record := l.enc.Encode(l.ev)
	x.frame(append(wire.AppendFrame(nil, wire.FrameRecords, l.s, l.seq), record...))
	return len(record)
}

func (x *session) frame(p []byte) {
	x.flushText()
	_ = x.ws.WriteMessage(websocket.BinaryMessage, p)
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
