package downstream

import (
	"time"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// consumer is one connection's side of a live stream. Its methods do not
// block.
type consumer interface {
	wake()                  // there may be something to take
	detached(reason string) // the stream is another consumer's by now, or nobody's
	hangUp()                // the gateway goes away
}

// attach makes c the stream's consumer; the newest wins. A resume may arrive
// long after it was sent, and after its consumer has been followed by another:
// one of an older epoch than the stream's is too late.
func (l *live) attach(c consumer, seq, max, epoch uint64) (*stream.Reader, *failure) {
	l.mu.Lock()
	if epoch < l.epoch {
		defer l.mu.Unlock()
		return nil, supersededStream(l.epoch)
	}
	reader, err := l.st.Attach(seq, max, c.wake)
	if err != nil {
		l.mu.Unlock()
		return nil, goneStream()
	}
	l.epoch = epoch
	before := l.consumer
	l.consumer, l.reader = c, reader
	l.away.Stop()
	l.mu.Unlock()
	if before != nil {
		before.detached(wire.Superseded)
	}
	return reader, nil
}

// detach says that c has gone. Nobody else within keep-alive: the call is
// cancelled.
func (l *live) detach(c consumer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.consumer != c {
		return
	}
	l.reader.Detach()
	l.consumer, l.reader = nil, nil
	if l.over {
		l.awaitReport()
		return
	}
	l.alone = time.Now()
	l.away.Reset(l.srv.opt.KeepAlive)
}

// attached is the consumer there is, or nil.
func (l *live) attached() consumer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.consumer
}

// ack acknowledges over another connection than the one that reads.
func (l *live) ack(seq, max uint64) error {
	l.mu.Lock()
	r, c := l.reader, l.consumer
	l.mu.Unlock()
	if r == nil {
		return l.ackLate(seq)
	}
	if err := r.Ack(seq, max); err != nil {
		return err
	}
	c.wake()
	return nil
}

// ackLate acknowledges while nobody is attached. It changes nothing, who
// resumes says the position; but whoever has all of a stream whose end was sent
// leaves nothing to be held.
func (l *live) ackLate(seq uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	stats := l.st.Stats()
	if seq > stats.Reached {
		return stream.ErrBeyondSent
	}
	if l.reader == nil && l.over && l.reported.Load() && seq == stats.Appended {
		if all, err := l.st.Attach(seq, 0, nil); err == nil {
			all.Detach()
		}
	}
	return nil
}

// heard says whether a client that has applied all up to seq knows the
// stream's end, too.
func (l *live) heard(seq uint64) bool {
	_, ended := l.st.Ended()
	return ended && l.sawEnd.Load() && seq >= l.st.Stats().Appended
}

// ended is the stream's end, once the call is over: only then is known what it
// has used, and the end is said once and for all.
func (l *live) ended() (stream.End, bool) {
	if !l.settled.Load() { // looked at for every event
		return stream.End{}, false
	}
	end, ok := l.st.Ended()
	if !ok {
		return stream.End{}, false
	}
	end.Usage = l.usage
	return end, true
}

// endFor is the stream's end, once r's consumer has every event; or at once
// where it has cancelled: it wants none of them, and may have no credit for
// them.
func (l *live) endFor(r *stream.Reader) (stream.End, bool) {
	end, ok := l.ended()
	if ok && end.Reason != stream.Cancelled {
		_, ok = r.End()
	}
	return end, ok
}

// OnFull implements stream.Stall: the breaker's clock starts, and the consumer
// is told.
func (l *live) OnFull() {
	l.stall.OnFull()
	l.full.Add(1)
	go l.nudge() // the stream is locked here
}

// OnDrained implements stream.Stall.
func (l *live) OnDrained() {
	l.full.Add(1)
	l.stall.OnDrained()
}

func (l *live) nudge() {
	if c := l.attached(); c != nil {
		c.wake()
	}
}

// blocked says how long the consumer has if the buffer is full, and which time
// it is that it is full; 0: it is not.
func (l *live) blocked() (left time.Duration, which uint64) {
	which = l.full.Load()
	if which%2 == 0 {
		return 0, 0
	}
	left, running := l.stall.Left()
	if !running {
		return 0, 0
	}
	return left, which
}
