package downstream

import (
	"encoding/binary"
	"time"
	"unicode/utf8"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// lane is one stream on a session: its consumer.
type lane struct {
	x      *session
	s      uint32
	stream *live
	reader *stream.Reader

	// Guarded by the session's mu.
	open   bool // opened was said
	queued bool // in ready
	lost   bool // the stream is another consumer's, or nobody's

	// The turn's own.
	record  []byte         // the newest event's; of a binary session
	enc     stream.Encoder // makes it where the stream has none that the client can read
	encodes bool           // enc knows what the client does
	form    *form          // of its events, once there is one; of a JSON session
	told    uint64         // which time it was told that the buffer is full
	toldAt  uint64         // and after which event
	ev      stream.Event
	seq     uint64
	rest    []byte // of a large event: not written yet
	prefix  []byte // of a large event's text in a binary session: what stands before its data
	large   bool   // an event is being written in parts
	size    int64  // bytes in the page that are this stream's
	ended   bool   // the end is written, or in the page
}

// quantum is how much of one stream is written before it is another's turn, in
// bytes, and partSize how much of a large event.
const (
	quantum  = 4 << 10
	partSize = 3 << 10
)

// wake implements consumer.
func (l *lane) wake() {
	if l.x.turn.take() {
		l.x.woken = l // it need not wait among the ready ones
		l.x.turn.run(true)
		return
	}
	l.x.mu.Lock()
	ok := l.open && !l.x.over_
	if ok && !l.queued {
		l.queued = true
		l.x.ready = append(l.x.ready, l)
	}
	l.x.mu.Unlock()
	if ok {
		l.x.turn.wake()
	}
}

// detached implements consumer.
func (l *lane) detached(reason string) {
	l.x.mu.Lock()
	l.lost = true
	l.x.mu.Unlock()
	l.x.forget(l)
	l.x.post(wire.Message{T: wire.Detached, S: l.s, Reason: reason})
}

// write writes up to a quantum of the stream, and reports whether there may
// be more.
func (l *lane) write() (more bool) {
	x := l.x
	for size := 0; size < quantum; {
		if l.large {
			size += l.part()
			continue
		}
		if !l.next() {
			l.rests()
			return false
		}
		if len(l.ev.Name)+len(l.ev.Data) > stream.MaxBase {
			l.begin()
			continue
		}
		if x.binary {
			size += x.record(l)
		} else {
			size += x.event(l)
		}
	}
	return true
}

// next takes the next event, of a binary session with its record.
func (l *lane) next() bool {
	var seq uint64
	var ok bool
	if l.x.binary {
		l.record, seq, ok = l.reader.NextRecord(&l.ev, l.record[:0])
	} else {
		seq, ok = l.reader.Next(&l.ev)
	}
	if ok {
		l.seq = seq
	}
	return ok
}

// encoded is the record of the event that is next.
func (l *lane) encoded() []byte {
	if len(l.record) == 0 {
		l.encodes = true
		return l.enc.Encode(l.ev)
	}
	if l.encodes { // what it knows is not what the client does any more
		l.enc, l.encodes = stream.Encoder{}, false
	}
	return l.record
}

// rests says what is to say when no event is ready.
func (l *lane) rests() {
	x := l.x
	if l.ended {
		return
	}
	if end, ok := l.stream.endFor(l.reader); ok {
		l.ended = true
		m := endMessage(end, l.stream.st.Stats().Appended)
		m.S = l.s
		x.say(&m)
		x.forget(l) // once the client has read this, the number is free
		x.ending = append(x.ending, l)
		return
	}
	// Said again after more events: what a client has acknowledged since the
	// first time need not be enough, and it would wait with the rest.
	if left, which := l.stream.blocked(); which > l.told || which > 0 && l.seq > l.toldAt {
		l.told, l.toldAt = which, l.seq
		x.say(&wire.Message{T: wire.Blocked, S: l.s, Seq: l.seq, LeftMS: left.Milliseconds()})
	}
}

// begin starts a large event, which is written in parts so that it does not
// hold up the other streams.
func (l *lane) begin() {
	l.large, l.rest = true, l.ev.Data
	l.enc.Reset()
	l.prefix = nil
	if l.x.binary {
		l.prefix = append(binary.AppendUvarint(nil, uint64(len(l.ev.Name))), l.ev.Name...)
	}
}

// part writes the next part of a large event.
func (l *lane) part() int {
	x := l.x
	n := min(len(l.rest), partSize)
	if !x.binary { // a string holds whole characters
		for n < len(l.rest) && n > partSize-utf8.UTFMax && !utf8.RuneStart(l.rest[n]) {
			n--
		}
	}
	piece := l.rest[:n]
	l.rest = l.rest[n:]
	l.large = len(l.rest) > 0
	if x.binary {
		kind := byte(wire.FrameLastPart)
		if l.large {
			kind = wire.FramePart
		}
		x.begin(binaryFrame)
		x.page = append(append(wire.AppendFrame(x.page, kind, l.s, l.seq), l.prefix...), piece...)
		l.prefix = nil
		return n
	}
	m := wire.Message{T: wire.Part, S: l.s, Seq: l.seq, Text: string(piece)}
	if !l.large {
		m.T, m.Event, m.Parts = wire.Event, string(l.ev.Name), true
	}
	x.say(&m)
	return n
}

// event writes an event as a message.
func (x *session) event(l *lane) int {
	if l.form == nil {
		l.form = new(form)
	}
	if l.form.valid(l.ev.Data) {
		had := len(x.page)
		x.item()
		x.unsure = x.unsure || !utf8.Valid(l.ev.Name)
		x.page = wire.AppendEvent(x.page, l.s, l.seq, l.ev.Name, l.ev.Data)
		return len(x.page) - had
	}
	return x.say(&wire.Message{T: wire.Event, S: l.s, Seq: l.seq, Event: string(l.ev.Name), Text: string(l.ev.Data)})
}

// delivered says that the stream's events have been written.
func (l *lane) delivered(now time.Time) {
	l.reader.Delivered(now)
	l.stream.bytes.Add(l.size)
	l.size = 0
}

// hangUp implements consumer.
func (l *lane) hangUp() { l.x.turn.hangUp() }
