package stream

import "errors"

// Reason says why a stream ended. Its text is what clients, log lines and
// metric labels see.
type Reason string

// The reasons, all of them. Only Complete means that the answer is whole.
const (
	Complete          Reason = "complete"           // the provider's own end marker was seen
	Cancelled         Reason = "cancelled"          // the consumer said stop, or left a stream that can't be resumed
	SlowConsumer      Reason = "slow_consumer"      // the buffer stayed full for longer than keep-alive
	Abandoned         Reason = "abandoned"          // detached for longer than keep-alive
	UpstreamError     Reason = "upstream_error"     // the provider said so, or its connection broke
	UpstreamTruncated Reason = "upstream_truncated" // the provider ended cleanly, without its end marker
	UpstreamStalled   Reason = "upstream_stalled"   // the provider was silent for too long
	TooLarge          Reason = "too_large"          // an event above the per-event cap
	Limit             Reason = "limit"              // a limit of the caller's was reached
	Shutdown          Reason = "shutdown"           // the gateway was told to stop, and the drain deadline passed
)

// Reasons lists all of them, for metrics and documentation.
var Reasons = []Reason{Complete, Cancelled, SlowConsumer, Abandoned, UpstreamError,
	UpstreamTruncated, UpstreamStalled, TooLarge, Limit, Shutdown}

// Cause says what exactly happened where a Reason covers several things. Its
// text stands beside the reason in errors, log lines and metric labels. Empty
// where the reason says it all.
type Cause string

// The causes.
const (
	CauseCut        Cause = "cut"         // the provider's body broke off: closed before its end
	CauseReset      Cause = "reset"       // the provider's connection was reset or otherwise failed
	CauseNoMarker   Cause = "no_marker"   // the provider's body ended well, but its answer did not
	CauseErrorEvent Cause = "error_event" // the provider sent an error as an event
	CauseSilence    Cause = "silence"     // no event for longer than the provider's silence limit
)

// End is a stream's one terminal record.
type End struct {
	Reason Reason
	Cause  Cause
	// Message says to a person what happened, in one sentence. It never holds
	// message contents or secrets. Empty when Reason is Complete.
	Message string
	// Told is true when the provider's own error is among the stream's last
	// events, so that the consumer need not be told a second time.
	Told bool
	// Usage is what the provider has said of it, or an estimate.
	Usage Usage
}

// ErrEnded is returned to a producer whose stream has ended.
var ErrEnded = errors.New("stream: the stream has ended")

// ErrBeyondSent is returned for an acknowledgement of an event that was never
// handed out.
var ErrBeyondSent = errors.New("stream: acknowledged beyond what was sent")

// ErrGone is returned for a resume at a position that the buffer no longer
// or not yet covers.
var ErrGone = errors.New("stream: position is not in the buffer")

// ErrSuperseded is returned to a reader that another has replaced.
var ErrSuperseded = errors.New("stream: another reader has taken over")
