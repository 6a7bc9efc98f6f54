package stream

import (
	"bytes"
	"encoding/binary"
)

// Encoder turns consecutive events into records. The zero value is ready and
// stands before the first event. It is not safe for concurrent use.
//
// Consecutive events of a model's stream differ in one or two places, and
// mostly in the same places as the two events before them did. Such an event
// costs its new bytes and one or two more. The encoder knows nothing of JSON
// or of any provider's format.
type Encoder struct {
	base   []byte // the text before
	places places // where it differed from the one before it
	text   []byte // the newest text; becomes base
	record []byte // the newest record, from maxHead on until its head is put before it
	waste  int    // bytes that records of kind same have repeated needlessly
}

const (
	// longRepeat is how many bytes at the start of a place must be as before
	// to be counted as waste. Tokens often share a space or a few letters.
	longRepeat = 4
	// wasteLimit is after how many wasted bytes new places are looked for.
	wasteLimit = 16
	// needle is how much of a fixed stretch is searched for; what follows is
	// compared. Short enough for bytes.Index to stay on its vector path.
	needle = 16
)

// Encode returns the record of ev, given all events encoded before. The
// record is valid until the next call.
func (e *Encoder) Encode(ev Event) []byte {
	e.text = appendText(e.text[:0], ev)
	text := e.text
	if cap(e.record) < maxHead {
		e.record = make([]byte, maxHead, 512)
	}

	var now places
	kind := kindSame
	ok := e.same(text, &now)
	if ok && e.waste > wasteLimit {
		e.waste = 0
		if size := e.begin(); e.differ(e.base, text, &now) && len(e.record) <= size {
			kind = kindDiffer
		} else {
			e.same(text, &now)
		}
	}
	if !ok {
		kind = e.anew(text, &now)
	}

	e.remember(now)
	return e.seal(kind)
}

// Reset forgets all events, as after one that is not encoded.
func (e *Encoder) Reset() {
	e.base = e.base[:0]
	e.places = places{}
	e.waste = 0
}

// begin begins a payload, and returns how long the record was.
func (e *Encoder) begin() (length int) {
	length = len(e.record)
	e.record = e.record[:maxHead]
	return length
}

// anew writes the shortest payload that is not of kind same.
func (e *Encoder) anew(text []byte, now *places) (kind int) {
	kind, shortest := kindLiteral, maxHead+len(text)
	e.begin()
	if e.differ(e.base, text, now) && len(e.record) < shortest {
		kind, shortest = kindDiffer, len(e.record)
	}
	if e.unlike(text, shortest-maxHead) {
		if e.fromPreset(text) && len(e.record) < shortest {
			*now = places{}
			return kindPreset
		}
		e.begin()
		e.differ(e.base, text, now)
	}
	if kind == kindLiteral {
		*now = places{}
		e.record = append(e.record[:maxHead], text...)
	}
	return kind
}

// unlike says whether text, which can be encoded in size bytes, may have more
// in common with the preset than with the base. Most events begin as the one
// before or not as the preset does, and are not worth the look.
func (e *Encoder) unlike(text []byte, size int) bool {
	return 2*size > len(text) && (len(e.base) == 0 || commonPrefix(text, presetBytes) >= gram)
}

// fromPreset writes a payload of kind preset.
func (e *Encoder) fromPreset(text []byte) bool {
	keep := commonPrefix(e.base, text)
	e.begin()
	e.record = binary.AppendUvarint(e.record, uint64(keep))
	var none places
	return e.differ(presetBytes, text[keep:], &none)
}

func (e *Encoder) remember(now places) {
	if len(e.text) > MaxBase {
		e.Reset()
		e.text = nil // do not keep a long text's memory
		return
	}
	e.base, e.text = e.text, e.base
	e.places = now
}

// seal puts the head right before the payload, so that the payload is never
// moved.
func (e *Encoder) seal(kind int) []byte {
	length := len(e.record) - maxHead
	var head [maxHead]byte
	n := binary.PutUvarint(head[:], uint64(length)<<kindBits|uint64(kind))
	copy(e.record[maxHead-n:], head[:n])
	whole := e.record[maxHead-n:]
	if cap(e.record) > 2*MaxBase {
		e.record = nil
	}
	return whole
}

// same writes a payload of kind same and reports whether text differs from
// the base in no other places than the base differed from its own.
func (e *Encoder) same(text []byte, now *places) bool {
	n := e.places.n
	if n == 0 {
		return false
	}
	*now = places{}
	out := e.record[:maxHead]
	base, waste := e.base, 0

	j := e.places.at[0].at // how much of text is accounted for
	if j > len(text) || !bytes.Equal(base[:j], text[:j]) {
		return false
	}
	for k := range n {
		was := e.places.at[k]
		from := was.at + was.length
		var insert []byte
		if k == n-1 {
			rest := base[from:]
			if len(rest) > len(text)-j || !bytes.HasSuffix(text, rest) {
				return false
			}
			insert = text[j : len(text)-len(rest)]
		} else {
			fixed := base[from:e.places.at[k+1].at]
			i := bytes.Index(text[j:], fixed[:min(len(fixed), needle)])
			if i < 0 || !bytes.HasPrefix(text[j+i:], fixed) {
				return false
			}
			insert = text[j : j+i]
			out = binary.AppendUvarint(out, uint64(i))
		}
		out = append(out, insert...)
		now.add(j, len(insert))
		waste += repeated(base[was.at:from], insert)
		j += len(insert)
		if k < n-1 {
			j += e.places.at[k+1].at - from
		}
	}
	e.record = out
	e.waste += waste
	return true
}

// repeated is how many of a place's bytes need not have been said again.
func repeated(before, now []byte) int {
	if bytes.Equal(before, now) {
		return len(now) + 1
	}
	if n := commonPrefix(before, now); n >= longRepeat {
		return n
	}
	return 0
}
