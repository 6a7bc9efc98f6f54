package downstream

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"tidegate/downstream/wire"
)

// opcode is what a data frame carries (RFC 6455 section 5.2).
type opcode byte

const (
	textFrame   opcode = 1
	binaryFrame opcode = 2

	finalFragment = 0x80
	// headRoom is room for the head of a frame of up to 65535 bytes, and in a
	// text frame for the bracket of an array.
	headRoom = 5
)

// framed is the data frame that is being put together at the end of the turn's
// page. What the library writes, control frames mostly, comes behind it.
type framed struct {
	page  []byte
	at    int    // where in the page the frame begins
	op    opcode // 0: there is none
	items int    // messages in a text frame
	// unsure says that something in a text frame may be no UTF-8.
	unsure bool
	of     *lane  // whose records are in a binary frame
	upTo   uint64 // the newest of them
}

// begin ends the frame that there is, and begins another one.
func (f *framed) begin(op opcode) {
	f.endFrame()
	f.at, f.op = len(f.page), op
	f.page = append(f.page, make([]byte, headRoom)...)
}

// endFrame puts the frame's head before what it holds, if there is a frame.
func (f *framed) endFrame() {
	if f.op == 0 {
		return
	}
	from := f.at + headRoom
	if f.op == textFrame {
		from = f.endText(from)
	}
	payload := f.page[from:]
	var room [10]byte
	head := append(room[:0], finalFragment|byte(f.op))
	switch n := len(payload); {
	case n <= 125:
		head = append(head, byte(n))
	case n <= 0xffff:
		head = binary.BigEndian.AppendUint16(append(head, 126), uint16(n))
	default:
		head = binary.BigEndian.AppendUint64(append(head, 127), uint64(n))
		payload = bytes.Clone(payload) // it has to move on
	}
	f.page = append(append(f.page[:f.at], head...), payload...)
	f.op, f.items, f.unsure, f.of = 0, 0, false, nil
}

// endText makes a text frame one object, or an array of several, and returns
// where it begins. A provider's bytes that are no UTF-8 would make a client
// fail the connection (section 8.1).
func (f *framed) endText(from int) int {
	if f.unsure && !utf8.Valid(f.page[from:]) {
		f.page = append(f.page[:from], bytes.ToValidUTF8(f.page[from:], []byte("\uFFFD"))...)
	}
	if f.items > 1 {
		from--
		f.page[from] = '['
		f.page = append(f.page, ']')
	}
	return from
}

// item makes the end of the page the place for a message.
func (f *framed) item() {
	if f.op != textFrame {
		f.begin(textFrame)
	} else {
		f.page = append(f.page, ',')
	}
	f.items++
}

// say adds a message to the text frame that is being put together, and returns
// how many bytes that took.
func (f *framed) say(m *wire.Message) int {
	had := len(f.page)
	f.item()
	f.unsure = true
	f.page = m.Append(f.page)
	return len(f.page) - had
}

// record adds an event as a record. Records of one stream share a frame.
func (f *framed) record(l *lane) int {
	if f.of != l || l.seq != f.upTo+1 {
		f.begin(binaryFrame)
		f.of = l
		f.page = wire.AppendFrame(f.page, wire.FrameRecords, l.s, l.seq)
	}
	f.upTo = l.seq
	record := l.encoded()
	f.page = append(f.page, record...)
	return len(record)
}
