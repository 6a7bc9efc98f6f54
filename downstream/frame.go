package downstream

import (
	"bytes"

	"tidegate/stream"
)

const (
	// frameSize is what an event of one line has around its name and data.
	frameSize = len("event: \ndata: \n\n") + len(newLine)
	// maxNameFrame is room for an event's name and the beginning of its data,
	// and for the error that may end a stream.
	maxNameFrame = 3 << 10

	newLine = "\ndata: "
)

// frame writes one event in the form of an event stream (WHATWG HTML 9.2.5),
// piece by piece where it is larger than the space there is. Lines end with
// LF: a lone CR breaks several SDKs.
type frame struct {
	rest []byte // of the event's data, not written yet
	open bool   // an event is begun and not ended
}

// begin starts an event. dst has room for its name.
func (f *frame) begin(dst []byte, ev stream.Event) []byte {
	if len(ev.Name) > 0 {
		dst = append(dst, "event: "...)
		dst = append(dst, ev.Name...)
		dst = append(dst, '\n')
	}
	f.rest, f.open = ev.Data, true
	return append(dst, "data: "...)
}

// more goes on with the event as far as there is room, until dst has limit
// bytes. The event is ended when open is false.
func (f *frame) more(dst []byte, limit int) []byte {
	for {
		room := limit - len(dst) - len(newLine)
		if room <= 0 {
			return dst
		}
		line := f.rest[:min(len(f.rest), room)]
		i := bytes.IndexByte(line, '\n')
		if i >= 0 {
			dst = append(append(dst, line[:i]...), newLine...)
			f.rest = f.rest[i+1:]
			continue
		}
		dst = append(dst, line...)
		f.rest = f.rest[len(line):]
		if len(f.rest) > 0 {
			return dst
		}
		f.open = false
		return append(dst, "\n\n"...)
	}
}
