package stream

import (
	"encoding/binary"
	"errors"
)

// A record is one event as the buffer holds it and as a binary frame carries
// it: what differs from the event before. docs/protocol.md is its
// specification. It begins with a head, the uvarint
//
//	payload length << 2 | kind
//
// and goes on with the payload:
//
//	literal  the event's text, whole
//	differ   any number of (copy, drop, length: uvarints; length bytes):
//	         copy so many bytes of the text before, drop so many, insert
//	         those; what is left of the text before follows
//	same     the differences are in the same places as last time: for each
//	         place (length: uvarint; bytes) that now stand there; the last
//	         place has no length, it takes what is left of the payload
//	preset   keep (uvarint), and groups as in differ: so many bytes of the
//	         text before, and then what the groups make of the preset
//
// A text longer than MaxBase is no base: the event after it is encoded
// against the empty text.
const (
	kindLiteral = 0
	kindDiffer  = 1
	kindSame    = 2
	kindPreset  = 3

	kindBits = 2
	maxHead  = 10 // bytes of the longest uvarint
)

const (
	// MaxBase is the longest text, in bytes, that the next event is compared
	// with. It bounds what an encoder and a decoder remember.
	MaxBase = 4096

	// maxPlaces is the number of places in which two events may differ and
	// still be encoded by their difference. More than this and the events
	// have little in common.
	maxPlaces = 8
)

// ErrCorrupt is returned by Decoder.Decode for bytes that no Encoder made.
var ErrCorrupt = errors.New("stream: corrupt record")

// place is a stretch of a text that differs from the text before.
type place struct{ at, length int }

// places is where the newest text differs from the one before it, in order
// and not overlapping.
type places struct {
	n  int
	at [maxPlaces]place
}

func (p *places) add(at, length int) {
	p.at[p.n] = place{at, length}
	p.n++
}

// cutRecord splits the first record off p.
func cutRecord(p []byte) (kind int, payload []byte, size int, err error) {
	head, n := binary.Uvarint(p)
	if n <= 0 || head>>kindBits > uint64(len(p)-n) {
		return 0, nil, 0, ErrCorrupt
	}
	size = n + int(head>>kindBits)
	return int(head & (1<<kindBits - 1)), p[n:size], size, nil
}
