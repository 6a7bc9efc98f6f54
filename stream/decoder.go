package stream

import "encoding/binary"

// Decoder turns records back into events. The zero value is ready and stands
// before the first event. It is not safe for concurrent use.
type Decoder struct {
	base   []byte // the text before
	places places
	text   []byte // the newest text; becomes base
}

// Decode decodes the first record of p. The event is valid until the next
// call; size is how many bytes of p the record takes. Bytes that no Encoder
// made give ErrCorrupt, and the decoder can't go on.
func (d *Decoder) Decode(p []byte) (ev Event, size int, err error) {
	kind, payload, size, err := cutRecord(p)
	if err != nil {
		return Event{}, 0, err
	}
	ok := false
	switch kind {
	case kindLiteral:
		d.text = append(d.text[:0], payload...)
		d.places = places{}
		ok = true
	case kindDiffer:
		ok = d.differ(d.text[:0], d.base, payload)
	case kindSame:
		ok = d.same(payload)
	case kindPreset:
		var keep int
		if keep, payload, ok = cutLength(payload, len(d.base)); ok {
			ok = d.differ(append(d.text[:0], d.base[:keep]...), presetBytes, payload)
			d.places = places{}
		}
	}
	if !ok {
		return Event{}, 0, ErrCorrupt
	}
	ev, ok = splitText(d.text)
	if !ok {
		return Event{}, 0, ErrCorrupt
	}

	if len(d.text) > MaxBase {
		d.Reset()
		d.text = nil // the event keeps it
	} else {
		d.base, d.text = d.text, d.base
	}
	return ev, size, nil
}

// Reset forgets all events, as after one that was not encoded.
func (d *Decoder) Reset() {
	d.base = d.base[:0]
	d.places = places{}
}

// Follow makes d stand where other stands.
func (d *Decoder) Follow(other *Decoder) {
	d.base = append(d.base[:0], other.base...)
	d.places = other.places
}

// differ appends to text what the groups of payload make of base.
func (d *Decoder) differ(text, base, payload []byte) bool {
	var now places
	for len(payload) > 0 {
		var copied, drop, length int
		var ok bool
		if copied, payload, ok = cutLength(payload, len(base)); !ok {
			return false
		}
		text = append(text, base[:copied]...)
		base = base[copied:]
		if drop, payload, ok = cutLength(payload, len(base)); !ok {
			return false
		}
		base = base[drop:]
		if length, payload, ok = cutLength(payload, -1); !ok || now.n == maxPlaces {
			return false
		}
		now.add(len(text), length)
		text = append(text, payload[:length]...)
		payload = payload[length:]
	}
	d.text = append(text, base...)
	d.places = now
	return true
}

func (d *Decoder) same(payload []byte) bool {
	n := d.places.n
	if n == 0 {
		return false
	}
	text, base := d.text[:0], d.base
	from := 0
	for k := range n {
		place := &d.places.at[k]
		text = append(text, base[from:place.at]...)
		from = place.at + place.length
		length := len(payload)
		if k < n-1 {
			var ok bool
			if length, payload, ok = cutLength(payload, -1); !ok {
				return false
			}
		}
		place.at, place.length = len(text), length
		text = append(text, payload[:length]...)
		payload = payload[length:]
	}
	d.text = append(text, base[from:]...)
	return true
}

// cutLength splits a uvarint off p that is at most limit; a limit below zero
// stands for what is left of p.
func cutLength(p []byte, limit int) (length int, rest []byte, ok bool) {
	v, n := binary.Uvarint(p)
	if n <= 0 {
		return 0, nil, false
	}
	rest = p[n:]
	if limit < 0 {
		limit = len(rest)
	}
	if v > uint64(limit) {
		return 0, nil, false
	}
	return int(v), rest, true
}
