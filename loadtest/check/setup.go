package check

import "time"

// Limits are what a target is held to.
type Limits struct {
	// KeepAlive is the target's: how long it may believe in a client that
	// takes nothing, and how long it has to.
	KeepAlive time.Duration
	// Cancel is how long the provider may go on after its client has said or
	// shown that it is gone.
	Cancel time.Duration
	// Slack is added to whatever takes a keep-alive, for a busy machine.
	Slack time.Duration
	// Held is how many bytes a target may take from a provider beyond what a
	// client without acknowledgements has read, the buffers of all sockets
	// included.
	Held int64
	// Raw is how many bytes of events, as the provider sent them, may be
	// unacknowledged for each byte of the buffer that the target names.
	Raw int64
}

// Setup says what a stream is.
type Setup struct {
	ID     string
	Limits *Limits
	// Resumable streams have positions, credit and acknowledgements.
	Resumable bool
	// Witnessed streams have a provider that tells what it sent.
	Witnessed bool
	// Interval is the time between two events as planned; 0 is as fast as
	// they are read.
	Interval time.Duration
	// Tail says that the provider's fault may lose what was sent last: a reset
	// connection drops what its receiver has not read.
	Tail bool
	// Bounded says that the client's own socket holds next to nothing, so that
	// what a target has taken beyond what was read is its own.
	Bounded bool
	// Begun is the stream's first moment.
	Begun time.Time
}

// early is how long a client may be slow or away before the target may give it
// up. Clocks and rounding get a tenth.
func (l *Limits) early() time.Duration { return l.KeepAlive * 9 / 10 }
