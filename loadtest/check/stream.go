package check

import (
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"tidegate/loadtest/report"
)

// Violation is a promise that was broken.
type Violation struct {
	Kind    report.Kind
	Message string
	At      time.Time
}

// Stream is one stream, as seen from its two ends. It is safe for concurrent
// use.
type Stream struct {
	Setup

	over    chan struct{} // closed when the provider's call has ended, or none will come
	settled chan struct{} // closed when there is nothing left to wait for

	mu       sync.Mutex // guards the following
	timeline timeline
	found    []Violation

	calls   int
	calling bool
	callEnd CallEnd
	callAt  time.Time    // when it ended
	sent    uint64       // events
	marker  bool         // the provider has said that its answer is whole
	planned time.Time    // when the last event was due
	wrote   time.Time    // when the last write was taken
	blocked time.Time    // since when a write is not taken; zero: none is
	flight  queue[entry] // sent, and not got or not acknowledged
	first   uint64       // the number of the first in flight
	flying  int64        // bytes of those not got
	ahead   int64        // the most that flying was
	wasted  int64        // events sent after the client had gone
	pauses  []time.Duration
	missing []lost // skipped: lost, unless they still come
	history [recent]uint64

	came    uint64 // events, whatever they were
	got     uint64 // those that the position counts: come or missing
	gotAt   time.Time
	granted uint64
	acked   uint64
	buffer  int64 // as the target says
	unacked unacked

	attached bool // the target has accepted the stream
	presence Presence
	since    time.Time     // of presence
	absent   time.Duration // how long the client was away, the last time
	end      *End
	ended    time.Time
	excused  bool // an end that is not whole, by what the client did
	overdue  bool
	closed   bool
}

// entry is an event that was sent.
type entry struct {
	hash    uint64
	size    int64
	planned time.Time
	sent    time.Time
}

type lost struct {
	number uint64
	hash   uint64
}

const (
	recent     = 32   // hashes remembered of events that have come
	maxMissing = 1024 // events remembered that have not
	maxPauses  = 4096 // of one provider
)

var seed = maphash.MakeSeed()

// hash tells events apart. Within one process it is the same on both sides.
func hash(name, data []byte) uint64 {
	h := maphash.Bytes(seed, data)
	if len(name) > 0 {
		h = h*31 + maphash.Bytes(seed, name)
	}
	return h
}

// New begins a stream.
func New(s Setup) *Stream {
	return &Stream{Setup: s, first: 1, since: s.Begun, over: make(chan struct{}), settled: make(chan struct{})}
}

// violate notes a violation, one of each kind: the first says where to look.
func (s *Stream) violate(kind report.Kind, at time.Time, format string, args ...any) {
	for _, v := range s.found {
		if v.Kind == kind {
			return
		}
	}
	v := Violation{kind, fmt.Sprintf(format, args...), at}
	s.found = append(s.found, v)
	s.mark(Checker, string(kind)+": "+v.Message, at)
}

// lag is how long the oldest event waits that the client has not taken: got,
// or acknowledged where it does that.
func (s *Stream) lag(at time.Time) time.Duration {
	taken := s.got
	if s.Resumable {
		taken = s.acked
	}
	if e := s.flown(taken + 1); e != nil {
		return at.Sub(e.sent)
	}
	return 0
}

// flown is the event of that number, if it is remembered.
func (s *Stream) flown(number uint64) *entry {
	if number < s.first || number-s.first >= uint64(s.flight.len()) {
		return nil
	}
	return s.flight.at(int(number - s.first))
}

// release forgets what nobody will ask for again.
func (s *Stream) release() {
	taken := s.got
	if s.Resumable {
		taken = min(s.got, s.acked)
	}
	if taken+1 > s.first {
		n := min(taken+1-s.first, uint64(s.flight.len()))
		s.flight.drop(int(n))
		s.first += n
	}
}

// Over is closed when the provider's call has ended.
func (s *Stream) Over() <-chan struct{} { return s.over }

// Settled is closed when [Stream.Judge] has found that waiting longer for this
// stream is of no use.
func (s *Stream) Settled() <-chan struct{} { return s.settled }
