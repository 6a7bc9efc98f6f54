package client

import (
	"bytes"
	"fmt"
	"math"
	"sync"

	"tidegate/downstream/wire"
)

// lane is a stream on a socket: a link.
type lane struct {
	k        *socket
	s        uint32 // its number there
	stream   *Stream
	answered chan struct{} // closed when it was accepted
	accept   sync.Once
	gone     chan struct{} // closed when nothing more comes
	once     sync.Once
	why      error // once gone is closed

	// Guarded by the socket's mu.
	seq, max uint64
	dirty    bool // they are to be told
	stopped  bool // the call: only its end is waited for
	ended    bool // and may still be acknowledged: numbers are not used again

	// The socket's reader's own.
	dec   wire.Decoder
	parts []byte // of the event that is under way
	name  string // of the event before
}

func (l *lane) ack(seq, max uint64) {
	l.k.mu.Lock()
	l.seq, l.max = seq, max
	if !l.dirty && l.k.failure == nil {
		l.dirty = true
		l.k.dirty = append(l.k.dirty, l)
	}
	l.k.mu.Unlock()
	l.k.wake()
}

// cancel stops the call. What the gateway still holds is let through, so that
// the end comes and the stream leaves the connection on both sides; the stream
// does not hear of it.
func (l *lane) cancel() {
	l.k.mu.Lock()
	l.stopped = true
	l.k.mu.Unlock()
	l.k.send(wire.Message{T: wire.Cancel, S: l.s})
	l.k.send(wire.Message{T: wire.Ack, S: l.s, Max: math.MaxInt64})
}

// leave lets go of the stream. The gateway can't be told but by the end of the
// connection, so a connection that has carried only this stream ends.
func (l *lane) leave() {
	l.k.mu.Lock()
	last := !l.stopped && l.k.lanes[l.s] == l && len(l.k.lanes) == 1
	if !l.stopped {
		delete(l.k.lanes, l.s)
	}
	if last {
		l.k.leaving = true // nobody may sit down on what is just being closed
	}
	l.k.mu.Unlock()
	if last {
		l.k.fail(errLeaving)
	}
}

func (l *lane) lost() <-chan struct{} { return l.gone }
func (l *lane) err() error            { return l.why }

func (l *lane) accepted() { l.accept.Do(func() { close(l.answered) }) }

// end says that nothing more comes.
func (l *lane) end(err error) {
	l.once.Do(func() {
		l.why = err
		close(l.gone)
	})
}

func (l *lane) leaveWith(err error) {
	l.k.drop(l)
	l.end(err)
}

// records takes the records of a frame.
func (l *lane) records(seq uint64, p []byte) {
	for ; len(p) > 0; seq++ {
		ev, size, err := l.dec.Decode(p)
		if err != nil {
			l.leaveWith(fmt.Errorf("%w: %w", ErrProtocol, err))
			return
		}
		p = p[size:]
		if !l.give(seq, ev.Name, bytes.Clone(ev.Data)) {
			return
		}
	}
}

// event takes an event in JSON. Its data shares the frame's memory.
func (l *lane) event(m *wire.Message) {
	data := []byte(m.Text)
	switch {
	case m.Parts:
		data = append(l.parts, data...)
		l.parts = nil
	case m.Data != nil:
		data = bytes.Clone(m.Data)
	}
	l.give(m.Seq, []byte(m.Event), data)
}

// part takes a part of a large event.
func (l *lane) part(seq uint64, p []byte) {
	if len(l.parts)+len(p) > l.k.c.opt.MaxEvent {
		l.leaveWith(fmt.Errorf("%w: event %d has more than %d bytes", ErrTooLarge, seq, l.k.c.opt.MaxEvent))
		return
	}
	l.parts = append(l.parts, p...)
}

// lastPart takes the last part of a large event's text.
func (l *lane) lastPart(seq uint64, p []byte) {
	text := append(l.parts, p...)
	l.parts = nil
	l.dec.Reset()
	name, data, err := wire.SplitText(text)
	if err != nil {
		l.leaveWith(fmt.Errorf("%w: %w", ErrProtocol, err))
		return
	}
	l.give(seq, name, data)
}

// give hands an event to the stream, and reports whether it took it.
func (l *lane) give(seq uint64, name, data []byte) bool {
	if l.name != string(name) {
		l.name = string(name)
	}
	if err := l.stream.receive(Event{Seq: seq, Name: l.name, Data: data}); err != nil {
		l.leaveWith(err)
		return false
	}
	return true
}
