package upstream

import (
	"bytes"
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

// first reads until the first event is there that is more than a heartbeat.
// The returned error is the reader's; io.EOF says that the provider ended
// without one.
func (s *source) first() error {
	for {
		for !s.scan.Next(&s.event) {
			if err := s.fill(); err != nil {
				if _, ok := s.scan.Finish(&s.event); ok && err == io.EOF {
					s.verdict = s.judge.Event(stream.Event(s.event))
					return nil
				}
				return err
			}
		}
		s.verdict = s.judge.Event(stream.Event(s.event))
		switch {
		case s.verdict == dialect.Heartbeat:
			s.hold()
		case s.verdict == dialect.Tally && s.hide:
		default:
			return nil
		}
		s.forget()
	}
}

// hold keeps an early heartbeat.
func (s *source) hold() {
	if len(s.early) < maxEarly && len(s.event.Name)+len(s.event.Data) <= maxEarlyBytes {
		s.early = append(s.early, stream.Event{Name: bytes.Clone(s.event.Name), Data: bytes.Clone(s.event.Data)})
	}
}
