package transport

import "time"

// acks decides when what comes in is acknowledged: at once, or late.
//
// Linux acknowledges small segments as soon as they are read, unless told
// otherwise. To a reader that takes token by token that is a packet back for
// each, a fifth of what it spends on one. It may be late by up to half a second,
// and one is to go back for every second segment (RFC 9293 section 3.8.6.3);
// Linux waits 40 ms, or longer where the way is.
//
// But a server that has Nagle's algorithm on (RFC 9293 section 3.7.4) sends the
// next token only once the one before is acknowledged, or when a whole segment
// has gathered: it would send them in lumps. Whether a server does can't be
// seen from here. So after a gap as long as the system waits, and after a lump,
// all is acknowledged at once for some time, and for longer each time if that
// came soon. Where tokens come so slowly, or are so large, there is little to be
// saved anyway.
type acks struct {
	heard  time.Time // when something that was waited for came in last
	prompt int       // so many are still acknowledged at once; 0: late
	span   int       // so many were to be since the last gap or lump
	lates  int       // so many were not since then
}

const (
	lateGap   = 30 * time.Millisecond // less than systems wait
	lump      = 1 << 10               // bytes; less than a segment, tunnels' included
	minPrompt = 32
	maxPrompt = 4096

	// A server that waits for acknowledgements shows it with the first token or
	// the second that is acknowledged late: after so many it is not Nagle.
	harmless = 4
	// So many are told to be acknowledged at once, each for itself: to Linux the
	// wish alone means less while segments of several sizes come.
	urged = 4
)

// choice is what the system is told.
type choice uint8

const (
	asBefore choice = iota
	ackLate         // from the next on
	ackNow          // what has come in, and at once from now on
)

// newAcks is for a connection that is new.
func newAcks() acks { return acks{prompt: minPrompt, span: minPrompt} }

// begin begins a call: that nothing came before its response is no gap.
func (a *acks) begin() { a.heard = time.Time{} }

// came says that size bytes that were waited for were read at now.
func (a *acks) came(now time.Time, size int) choice {
	gap := now.Sub(a.heard)
	if a.heard.IsZero() {
		gap = 0
	}
	a.heard = now
	switch {
	case a.prompt > 1:
		a.prompt--
		if a.span-a.prompt < urged {
			return ackNow
		}
	case a.prompt == 1:
		a.prompt, a.lates = 0, 0
		return ackLate
	case gap >= lateGap || size >= lump:
		if a.span *= 4; a.lates > harmless {
			a.span = minPrompt
		}
		a.span = min(a.span, maxPrompt)
		a.prompt = a.span
		return ackNow
	default:
		a.lates++
	}
	return asBefore
}
