package upstream

import (
	"bytes"
	"errors"
	"io"

	"tidegate/stream"
	"tidegate/upstream/dialect"
)

// Heartbeats before the first event are kept until it comes: so many, of so
// many bytes each. They are all alike, so no more are of use.
const (
	maxEarly      = 4
	maxEarlyBytes = 256
)

// eventStream is the type of a stream of events (WHATWG HTML 9.2.5).
const eventStream = "text/event-stream"

// errNoEvents says that what came is no stream of events.
var errNoEvents = errors.New("upstream: no stream of events")

// first reads until the first event is there that is more than a heartbeat.
// kind is the type that the provider gives. The returned error is the reader's;
// io.EOF says that the provider ended without one, errNoEvents that what it
// sends is something else: then all of it is still pending or to come.
func (s *source) first(kind string) error {
	sniffed := false
	for {
		for !s.scan.Next(&s.event) {
			if err := s.fill(); err != nil {
				if _, ok := s.scan.Finish(&s.event); ok && err == io.EOF {
					if s.verdict = s.judge.Event(stream.Event(s.event)); s.verdict != dialect.Void {
						return nil
					}
				}
				return err
			}
			if !sniffed {
				var events bool
				if events, sniffed = sniff(s.scan.Pending(), kind); sniffed && !events {
					return errNoEvents
				}
			}
		}
		s.verdict = s.judge.Event(stream.Event(s.event))
		switch {
		case s.verdict == dialect.Heartbeat:
			s.hold()
		case s.verdict == dialect.Tally && s.hide, s.verdict == dialect.Void:
		default:
			return nil
		}
		s.forget()
	}
}

// sniff says whether a body's beginning is that of a stream of events, and
// whether that can be said yet. What calls itself one may be one JSON object or
// a page for people nevertheless; and many streams come with another type or
// none, which no SDK looks at.
func sniff(start []byte, kind string) (events, sniffed bool) {
	const mark = "\uFEFF"
	if len(start) < len(mark) && bytes.HasPrefix([]byte(mark), start) {
		return false, false // a part of a byte order mark, which the scanner drops
	}
	start = bytes.TrimLeft(start, " \t\r\n")
	if len(start) == 0 {
		return false, false
	}
	if kind == eventStream {
		return start[0] != '<' && !dialect.BeginsJSON(start), true
	}
	for _, field := range []string{":", "data", "event", "id", "retry", "error:"} {
		if n := min(len(field), len(start)); string(start[:n]) == field[:n] {
			return true, true
		}
	}
	return false, true
}

// failing says that the event at hand is one of a provider that failed.
func (s *source) failing() bool {
	return s.verdict == dialect.Error || s.verdict == dialect.Failed || s.verdict == dialect.Foreign
}

// hold keeps an early heartbeat.
func (s *source) hold() {
	if len(s.early) < maxEarly && len(s.event.Name)+len(s.event.Data) <= maxEarlyBytes {
		s.early = append(s.early, stream.Event{Name: bytes.Clone(s.event.Name), Data: bytes.Clone(s.event.Data)})
	}
}
