package client

import "time"

// An acknowledgement for each token would cost as much as the token, here and
// at the gateway. The gateway is told what was applied when that is half of the
// window, or of its buffer; when nothing waits here and it was told nothing for
// ackDelay; and in any case that long after an event was applied. TCP may delay
// its own acknowledgements twice as long (RFC 1122 section 4.2.3.2).
const ackDelay = 250 * time.Millisecond

// usualBuffer is the gateway's buffer in bytes where it does not say.
const usualBuffer = 4 << 10

// apply counts an event as applied.
func (s *Stream) apply(ev Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 { // failed meanwhile
		return
	}
	s.untold += s.queue[0].size
	s.queue[0] = queued{}
	s.queue = s.queue[1:]
	s.applied = ev.Seq
	switch n := s.applied - s.told; {
	case n >= max(1, uint64(s.c.opt.Window)/2), s.untold >= s.buffer/2,
		len(s.queue) == 0 && (s.eager || s.end != nil || time.Since(s.toldAt) >= ackDelay):
		s.tell()
	case !s.owing && s.err == nil:
		s.owing = true
		if s.later == nil {
			s.later = time.AfterFunc(ackDelay, s.overdue)
		} else {
			s.later.Reset(ackDelay)
		}
	}
}

// overdue tells what was applied when ackDelay has passed.
func (s *Stream) overdue() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owing = false
	if s.applied > s.told {
		s.tell()
	}
}

// tell acknowledges, and gives credit. After the end it is told once that all
// was applied, where the connection is still there: then the gateway need not
// keep it.
func (s *Stream) tell() {
	if s.link == nil || s.err != nil || s.end != nil && s.applied != s.end.Seq {
		return
	}
	seq, max := s.position()
	s.link.ack(seq, max)
}

// position is what the gateway is told, from now on.
func (s *Stream) position() (seq, max uint64) {
	s.told, s.untold, s.toldAt = s.applied, 0, time.Now()
	s.granted = s.applied + uint64(s.c.opt.Window)
	s.eager = s.eager && len(s.queue) > 0
	s.hush()
	return s.told, s.granted
}

// hush stops the timer of what is told late, if it runs.
func (s *Stream) hush() {
	if s.owing {
		s.owing = false
		s.later.Stop()
	}
}

// blocked: the gateway's buffer is full of what was not acknowledged. It says
// so again if more events don't change that.
func (s *Stream) blocked() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.eager = true
	if s.applied > s.told {
		s.tell()
	}
}

// sizer reckons how many bytes of the gateway's buffer an event takes, and
// rather too many than too few: as many as it has between what it begins and
// ends with like the event before. docs/protocol.md says how it is encoded.
type sizer struct{ before []byte }

// of is the size of the next event's data.
func (z *sizer) of(data []byte) int {
	const head, largest = 4, usualBuffer
	if len(data) > largest { // held as it is, and not compared with
		z.before = nil
		return len(data)
	}
	before := z.before
	n := min(len(before), len(data))
	first := 0
	for first < n && before[first] == data[first] {
		first++
	}
	last := 0
	for last < n-first && before[len(before)-1-last] == data[len(data)-1-last] {
		last++
	}
	z.before = append(before[:0], data...)
	return head + len(data) - first - last
}
