package check

import (
	"slices"
	"time"

	"tidegate/loadtest/report"
)

// Event is one that has come.
type Event struct {
	Seq        uint64 // its number; 0 where the transport has none
	Name, Data []byte // valid during the call
	Wire       int    // bytes of its record where it was encoded as one; 0: unknown
}

// Got says that an event has come. It returns how much later than planned that
// is; false where nobody can tell.
func (s *Stream) Got(e *Event, at time.Time) (added time.Duration, known bool) {
	s.mu.Lock()
	added, known = s.take(e, at)
	s.mu.Unlock()
	return added, known
}

func (s *Stream) take(e *Event, at time.Time) (added time.Duration, known bool) {
	s.gotAt = at
	s.came++
	if s.end != nil {
		s.violate(report.EndTwice, at, "event %d came after the end", s.got+1)
		return 0, false
	}
	if s.Resumable && e.Seq > s.granted {
		s.violate(report.BeyondCredit, at, "event %d came, granted were %d", e.Seq, s.granted)
	}
	if !s.Witnessed {
		s.numbered(e, at)
	} else if sent := s.match(e.Seq, hash(e.Name, e.Data), at); sent != nil {
		added, known = at.Sub(sent.planned), true
	}
	if s.Resumable {
		s.count(e, at)
	}
	s.release()
	return added, known
}

// Error says that an event has come that says an error. It is the provider's
// own, or the target's.
func (s *Stream) Error(e *Event, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if next := s.flown(s.got + 1); next != nil && next.hash == hash(e.Name, e.Data) {
		s.take(e, at)
		return
	}
	s.mark(Target, "says an error", at)
}

// numbered judges an event by its number alone.
func (s *Stream) numbered(e *Event, at time.Time) {
	switch {
	case !s.Resumable:
		s.got++
	case s.late(func(m lost) bool { return m.number == e.Seq }, at):
	case e.Seq <= s.got:
		s.violate(report.Doubled, at, "event %d came again after event %d", e.Seq, s.got)
	default:
		for s.got+1 < e.Seq && e.Seq-s.got <= maxMissing {
			s.skip()
		}
		s.got = e.Seq
	}
}

// late says whether an event is one that was missing.
func (s *Stream) late(is func(lost) bool, at time.Time) bool {
	i := slices.IndexFunc(s.missing, is)
	if i < 0 {
		return false
	}
	s.violate(report.Reordered, at, "event %d came after event %d", s.missing[i].number, s.got)
	s.missing = slices.Delete(s.missing, i, i+1)
	return true
}

// skip counts the next event as missing, for the time being.
func (s *Stream) skip() {
	s.got++
	m := lost{number: s.got}
	if e := s.flown(s.got); e != nil {
		m.hash = e.hash
		s.flying -= e.size
	}
	if len(s.missing) < maxMissing {
		s.missing = append(s.missing, m)
	}
}

// match finds which of the events sent has come; nil is none of those that are
// still to come. Events may be equal, so the number that the target gives
// decides where there is one and the contents fit. Where they don't, the
// contents do.
func (s *Stream) match(number, h uint64, at time.Time) *entry {
	is := func(n uint64) bool { e := s.flown(n); return e != nil && e.hash == h }
	switch {
	case is(s.got + 1):
		return s.arrive(h)
	case number > s.got+1 && is(number):
		return s.jump(number, h)
	case number != 0 && s.late(func(m lost) bool { return m.number == number && m.hash == h }, at),
		s.late(func(m lost) bool { return m.hash == h }, at):
		return nil
	case s.got > 0 && s.history[s.got%recent] == h:
		s.violate(report.Doubled, at, "event %d came twice", s.got)
		return nil
	case number != 0 && number <= s.got && s.got-number < recent && s.history[number%recent] == h:
		s.violate(report.Doubled, at, "event %d came again after event %d", number, s.got)
		return nil
	}
	for n := s.got + 2; n <= s.got+recent; n++ {
		if is(n) {
			return s.jump(n, h)
		}
	}
	for back := range min(s.got, recent) {
		if s.history[(s.got-back)%recent] == h {
			s.violate(report.Doubled, at, "event %d came again after event %d", s.got-back, s.got)
			return nil
		}
	}
	if s.flown(s.got+1) == nil {
		s.violate(report.Altered, at, "after event %d came one that was never sent", s.got)
		return nil
	}
	s.violate(report.Altered, at, "event %d is not what was sent", s.got+1)
	return s.arrive(h)
}

// jump takes an event whose predecessors have not come.
func (s *Stream) jump(number, h uint64) *entry {
	for s.got+1 < number {
		s.skip()
	}
	return s.arrive(h)
}

// arrive takes the next event off the way.
func (s *Stream) arrive(h uint64) *entry {
	s.got++
	s.history[s.got%recent] = h
	e := s.flown(s.got)
	s.flying -= e.size
	return e
}
