package dialect

import (
	"bytes"

	"tidegate/stream"
)

// mould is an event that was judged, with holes where the next one may differ
// and mean the same: inside the string that carries text, the padding, a
// counter. Nearly every event of a stream fits the mould of the one before it,
// and is judged in the time that comparing takes, without looking at its JSON.
//
// That is exact: what fits differs only inside of strings and numbers whose
// values don't matter.
type mould struct {
	ready bool   // it is one
	name  []byte // of the event
	text  []byte // of the newest event that fits, where counts is set
	holes [maxHoles]hole
	n     int
	// counts says that text has counters which belong to usage, so that it is
	// kept up to date.
	counts bool
}

// A stream holds a copy of one event, if that is no longer than maxMould bytes.
const (
	maxMould = 1024
	maxHoles = 8
)

type hole struct {
	start, end uint16 // in the text
	kind       kind
}

// kind is what may stand in a hole.
type kind uint8

const (
	solid   kind = iota // no hole
	speech              // a string that is not empty: output
	padding             // any string
	serial              // a number
	count               // a number of usage
	blank               // spaces
)

// kindOf is the kind of the value that a member has, at whatever depth, if it
// is a string or a number.
func kindOf(key []byte) kind {
	switch string(key) {
	case "content", "reasoning_content", "reasoning", "text", "arguments", "delta", "thinking", "partial_json",
		"refusal", "summary", "stringValue":
		return speech
	case "obfuscation", "p", "signature", "thoughtSignature":
		return padding
	case "sequence_number":
		return serial
	case "completion_tokens", "prompt_tokens", "total_tokens", "reasoning_tokens",
		"candidatesTokenCount", "promptTokenCount", "totalTokenCount", "thoughtsTokenCount", "tokenCount":
		return count
	}
	return solid
}

// fits says whether an event fits, and how many bytes of output it has: those
// of its longest text, since some speakers say the same twice. Nothing fits any
// more once an event did not.
func (m *mould) fits(ev stream.Event) (output int, ok bool) {
	if !m.ready {
		return 0, false
	}
	m.ready = false
	if !bytes.Equal(ev.Name, m.name) || m.counts && len(ev.Data) > maxMould {
		return 0, false
	}
	data, from, at := ev.Data, 0, 0
	for i := range m.holes[:m.n] {
		h := &m.holes[i]
		end := at + int(h.start) - from
		if end > len(data) || !bytes.Equal(m.text[from:h.start], data[at:end]) {
			return 0, false
		}
		size := h.kind.size(data[end:])
		if size < 0 {
			return 0, false
		}
		if h.kind == speech {
			output = max(output, size)
		}
		at, from = end+size, int(h.end)
		if m.counts {
			h.start, h.end = uint16(end), uint16(at)
		}
	}
	if !bytes.Equal(m.text[from:], data[at:]) {
		return 0, false
	}
	if m.counts {
		m.text = append(m.text[:0], data...)
	}
	m.ready = true
	return output, true
}

// size is that of what fills a hole; -1: it doesn't.
func (k kind) size(data []byte) int {
	switch k {
	case speech:
		if size := stringSize(data); size != 0 {
			return size
		}
		return -1
	case padding:
		return stringSize(data)
	case blank:
		return runSize(data, ' ', ' ')
	}
	size := runSize(data, '0', '9')
	if size == 0 || size > 1 && data[0] == '0' { // no number of JSON's
		return -1
	}
	return size
}

// take makes the mould of an event that was found to be an ordinary part of
// the answer. It is for valid JSON.
func (m *mould) take(ev stream.Event) {
	m.drop()
	data, spoken := ev.Data, false
	if len(data) > maxMould {
		return
	}
	for at := 0; ; {
		quote := bytes.IndexByte(data[at:], '"')
		if quote < 0 {
			break
		}
		start := at + quote + 1
		size := stringSize(data[start:])
		if size < 0 {
			break
		}
		at = start + size + 1
		value, ok := valueAt(data, at)
		if !ok {
			continue // the string is a value
		}
		kind := kindOf(data[start : start+size])
		quoted := kind == speech || kind == padding
		if kind == solid || quoted && data[value] != '"' || m.n == maxHoles {
			continue
		}
		if quoted {
			value++
		}
		if size = kind.size(data[value:]); size < 0 {
			continue // stays solid
		}
		at = value + size
		m.holes[m.n] = hole{uint16(value), uint16(at), kind}
		m.n++
		if quoted {
			at++
		}
		spoken = spoken || kind == speech
		m.counts = m.counts || kind == count
	}
	if !spoken {
		m.drop() // what makes it output is not understood: no other is like it
		return
	}
	if len(ev.Name) > 0 {
		m.pad(data)
	}
	m.ready, m.name, m.text = true, append(m.name[:0], ev.Name...), append(m.text[:0], data...)
}

// pad makes a hole before the last bracket: Anthropic puts spaces there, so
// that an event's size does not tell its text's.
func (m *mould) pad(data []byte) {
	end := len(data) - 1
	start := len(bytes.TrimRight(data[:end], " "))
	if m.n < maxHoles && start >= int(m.holes[m.n-1].end) {
		m.holes[m.n] = hole{uint16(start), uint16(end), blank}
		m.n++
	}
}

// drop forgets it.
func (m *mould) drop() { m.ready, m.n, m.counts = false, 0, false }

// valueAt is where the value stands if the string that ends before at is a
// member's name.
func valueAt(data []byte, at int) (int, bool) {
	colon := false
	for ; at < len(data); at++ {
		switch data[at] {
		case ' ', '\t', '\n', '\r':
		case ':':
			if colon {
				return 0, false
			}
			colon = true
		default:
			return at, colon
		}
	}
	return 0, false
}

// stringSize is the length of what stands before the quote that ends a string;
// -1: there is none, or the string is no JSON.
func stringSize(data []byte) int {
	for from := 0; ; {
		i := bytes.IndexByte(data[from:], '"')
		if i < 0 {
			return -1
		}
		i += from
		slashes := 0
		for slashes < i && data[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			if !escaped(data[:i]) {
				return -1
			}
			return i
		}
		from = i + 1
	}
}

// escaped says whether all escapes of a string are JSON's (RFC 8259 section 7).
func escaped(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return true
		}
		text = text[i+1:]
		switch {
		case len(text) == 0:
			return false
		case bytes.IndexByte([]byte(`"\/bfnrt`), text[0]) >= 0:
			text = text[1:]
		case text[0] == 'u' && len(text) >= 5 && len(bytes.TrimLeft(text[1:5], "0123456789abcdefABCDEF")) == 0:
			text = text[5:]
		default:
			return false
		}
	}
}

// runSize is how many bytes from low to high data begins with.
func runSize(data []byte, low, high byte) int {
	size := 0
	for size < len(data) && data[size]-low <= high-low {
		size++
	}
	return size
}
