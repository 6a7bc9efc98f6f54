package stream

import "encoding/binary"

// Event is one event of a provider's stream.
//
// Name is the provider's event name, empty where it sent none. Data is the
// payload exactly as the provider sent it; several data lines are joined by
// LF (WHATWG HTML 9.2.6). Both slices belong to whoever made the Event and
// are valid only as long as that maker says.
type Event struct {
	Name []byte
	Data []byte
}

// textSize is the length of what appendText appends.
func textSize(ev Event) int {
	size := 1 + len(ev.Name) + len(ev.Data)
	for n := len(ev.Name); n >= 0x80; n >>= 7 {
		size++
	}
	return size
}

// appendText appends the one string in which consecutive events are compared:
// the name's length as a uvarint, the name, the data.
func appendText(dst []byte, ev Event) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(ev.Name)))
	dst = append(dst, ev.Name...)
	return append(dst, ev.Data...)
}

// splitText is the inverse of appendText. The event shares the text's memory.
func splitText(text []byte) (Event, bool) {
	size, n := binary.Uvarint(text)
	if n <= 0 || size > uint64(len(text)-n) {
		return Event{}, false
	}
	name, data := text[n:n+int(size)], text[n+int(size):]
	return Event{Name: name, Data: data}, true
}
