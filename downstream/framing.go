package downstream

import (
	"strconv"

	"tidegate/stream"
)

// framing puts a reader's events into pages, one after the other.
type framing struct {
	numbered bool // each event has its number, as its id
	frame    frame
	ev       stream.Event
	seq      uint64 // the newest event put into a page
	passed   int    // bytes of the events begun, of each at most wideShare
}

// start begins an event. dst has room for its name.
func (f *framing) start(dst []byte, ev stream.Event) []byte {
	f.passed += min(len(ev.Data), wideShare)
	return f.frame.begin(dst, ev)
}

// put appends events until dst has limit bytes, and reports whether those are
// all that are ready: then there is room for what else is to say.
func (f *framing) put(dst []byte, limit int, r *stream.Reader) (_ []byte, all bool) {
	for {
		if f.frame.open {
			if dst = f.frame.more(dst, limit); f.frame.open {
				return dst, false
			}
		}
		if len(dst) > limit-maxNameFrame {
			return dst, false
		}
		seq, ok := r.Next(&f.ev)
		if !ok {
			return dst, true
		}
		if f.numbered {
			dst = append(dst, "id: "...)
			dst = strconv.AppendUint(dst, seq, 10)
			dst = append(dst, '\n')
		} else if seq != f.seq+1 { // where nobody acknowledges
			panic("downstream: an event is missing or doubled")
		}
		f.seq = seq
		dst = f.start(dst, f.ev)
	}
}
