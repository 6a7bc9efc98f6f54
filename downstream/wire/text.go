package wire

import (
	"encoding/binary"

	"tidegate/stream"
)

// Decoder turns the records of binary frames back into events. The zero value
// stands before the first event after opened. After an event that came in
// parts it has to be Reset. It is not safe for concurrent use.
type Decoder = stream.Decoder

// ErrText says that bytes are no event's text.
var ErrText = stream.ErrCorrupt

// SplitText splits an event's text, all its parts joined, into the event's
// name and data, which share its memory.
func SplitText(text []byte) (name, data []byte, err error) {
	size, n := binary.Uvarint(text)
	if n <= 0 || size > uint64(len(text)-n) {
		return nil, nil, ErrText
	}
	return text[n : n+int(size)], text[n+int(size):], nil
}
