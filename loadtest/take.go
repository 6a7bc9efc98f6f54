package loadtest

import "time"

// mood is what the client makes of its events.
type mood int

const (
	attentive mood = iota
	mute           // receives, and says nothing
	finished       // the stream has ended, and nothing should come
)

// takes is what a client does with what comes.
type takes struct {
	mood  mood
	e     event
	held  bool // e is not taken yet
	over  error
	deed  deed
	ended error
	added []time.Duration // of the events at hand
}

// follow reads on until there is something to do but to read, or the stream
// has ended, or its connection has broken.
func (l *life) follow() (deed, error) {
	l.g.poller.follow(l.line, l)
	return l.deed, l.ended
}

// came implements reader.
func (l *life) came(p []byte, err error, at time.Time) (over bool) {
	if len(p) > 0 {
		err = l.c.fill(p)
	}
	if err != nil {
		l.over = err
	}
	l.deed, l.ended = l.work(at)
	return l.deed.verb != goOn || l.ended != nil
}

// work takes the events that have come, until there is something else to do.
func (l *life) work(at time.Time) (d deed, err error) {
	l.added = l.added[:0]
	n := 0
	for {
		if !l.held {
			var ok bool
			if ok, err = l.c.next(&l.e); !ok || err != nil {
				break
			}
			if l.h.act != nil && l.mood == attentive {
				if d = l.h.act(l.applied + 1); d.verb != goOn {
					l.held = true
					break
				}
			}
		}
		l.held = false
		if l.take(at) {
			n++
		}
	}
	if err == nil && d.verb == goOn && l.over != nil {
		err = l.c.broke(l.over)
	}
	if n > 0 {
		l.t.batch(n, l.added)
		l.g.tokens.Add(int64(n))
	}
	if l.mood == attentive && err == nil {
		l.acknowledge(at)
	}
	return d, err
}

// take applies an event that came then. It returns whether it is a token.
func (l *life) take(at time.Time) bool {
	e := &l.e
	if e.blocked {
		if l.mood == attentive {
			l.ack()
		}
		return false
	}
	if e.problem && l.mood == attentive {
		l.s.Error(&e.Event, at)
	} else if added, known := l.s.Got(&e.Event, at); known && l.mood == attentive {
		l.added = append(l.added, added)
	}
	if l.mood != attentive {
		return l.mood == mute
	}
	if l.applied == 0 {
		l.t.firstToken(at.Sub(l.due))
		l.is(reading)
	}
	if !l.p.resumable() {
		l.applied++
		return true
	}
	l.applied = e.Seq
	l.bytes += e.Wire
	return true
}

// ackDelay is after how long what was applied is acknowledged, as the clients do
// it, unless that is half of the window before, or of the target's buffer. Where
// nobody can tell, the target says that its buffer is full.
const ackDelay = 250 * time.Millisecond

// acknowledge says what was taken by then, when it is time.
func (l *life) acknowledge(at time.Time) {
	n := l.applied - l.said
	if l.p.resumable() && (n >= l.h.every || n > 0 && at.Sub(l.saidAt) >= ackDelay || l.bytes > l.buffer/2) {
		l.ack()
	}
}
