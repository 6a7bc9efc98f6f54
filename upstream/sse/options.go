package sse

const (
	// defaultBuffer holds six events of the usual 300 bytes, about what one
	// read brings. Every open stream pays for it.
	defaultBuffer = 2 << 10
	// defaultMaxEvent lets the largest known events through, inline images of
	// 1.5 MB.
	defaultMaxEvent = 8 << 20
	// defaultThreshold keeps ordinary large events, such as a final
	// response.completed of up to 64 KB, free of a reservation.
	defaultThreshold = 64 << 10
)

// Options sets a scanner's limits. The zero value works.
type Options struct {
	// Buffer is the initial buffer in bytes, 2048 by default. It doubles for an
	// event that does not fit; Scanner.Release tells when it comes back.
	Buffer int

	// MaxEvent is the largest event accepted, in bytes, 8 MiB by default. It
	// counts what was sent from the first event or data line through the blank
	// line, framing and whatever stands in between included. It bounds any
	// other line as well, and the buffer.
	MaxEvent int

	// Reserve is called before the buffer grows beyond Threshold, at most once
	// for each event that Next gives, so that the sum over all streams can be
	// bounded. size is MaxEvent, the most that the buffer may come to: asking
	// piece by piece could leave two streams waiting for each other, each with
	// half an event. Reserve may block; meanwhile nothing is read, which is how
	// the provider is paused. Its error is returned by Fill as it is.
	//
	// A reservation is over with the next event that Next gives, small as that
	// may be, and with the end of the stream. To be exact, give it back after
	// Take or Release, keeping what Take says it handed over.
	//
	// Nil: no call.
	Reserve func(size int) error

	// Threshold is the buffer size in bytes up to which Reserve is not called,
	// 64 KiB by default, never less than Buffer.
	Threshold int
}

// withDefaults fills in what is zero or cannot work.
func (o Options) withDefaults() Options {
	if o.Buffer <= 0 {
		o.Buffer = defaultBuffer
	}
	if o.MaxEvent <= 0 {
		o.MaxEvent = defaultMaxEvent
	}
	if o.Threshold <= 0 {
		o.Threshold = defaultThreshold
	}
	o.Buffer = min(o.Buffer, o.MaxEvent)
	o.Threshold = max(o.Threshold, o.Buffer)
	return o
}
