package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"

	"tidegate/stream"
	"tidegate/upstream/dialect"
	"tidegate/upstream/sse"
)

// ended says what an end of the provider's bytes means.
func (s *source) ended(err error) stream.End {
	if s.failed != nil {
		return *s.failed
	}
	if err == io.EOF {
		return s.endOfBody()
	}
	if !errors.Is(err, sse.ErrTooLarge) {
		s.broke()
	}
	switch {
	case context.Cause(s.ctx) == errSilent:
		return stream.End{
			Reason: stream.UpstreamStalled, Cause: stream.CauseSilence,
			Message: s.pace.says(),
		}
	case context.Cause(s.ctx) == errTotal:
		return stream.End{
			Reason:  stream.UpstreamStalled,
			Message: fmt.Sprintf("the provider's answer took longer than %v", s.provider.timeouts.Stream),
		}
	case errors.Is(err, sse.ErrTooLarge):
		return stream.End{
			Reason:  stream.TooLarge,
			Message: fmt.Sprintf("the provider sent an event of more than %d bytes", s.provider.limits.MaxEvent),
		}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return stream.End{
			Reason: stream.UpstreamTruncated, Cause: stream.CauseCut,
			Message: "the provider closed its connection in the middle of the answer",
		}
	}
	return stream.End{
		Reason: stream.UpstreamError, Cause: stream.CauseReset,
		Message: "the connection to the provider broke in the middle of the answer",
	}
}

// endOfBody is the end of a body that ended well, without its end marker so
// far.
func (s *source) endOfBody() stream.End {
	rest, ok := s.scan.Finish(&s.event)
	switch {
	case ok && s.judge.Event(stream.Event(s.event)) == dialect.Marker:
		s.whole = true
		return stream.End{Reason: stream.Complete}
	case rest == 0 && s.ends && s.judge.Finished():
		s.whole = true
		return stream.End{Reason: stream.Complete}
	}
	s.broke()
	return stream.End{
		Reason: stream.UpstreamTruncated, Cause: stream.CauseNoMarker,
		Message: "the provider ended its answer without an end marker",
	}
}
