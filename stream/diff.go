package stream

import (
	"encoding/binary"
	"math/bits"
	"sync"
)

const (
	// gram is the shortest stretch worth copying from the middle of the text
	// before: a copy costs about three bytes.
	gram = 6

	gramBits = 10
)

// gramTable maps a hash of gram bytes to one more than the place where they
// last stood in the base. Used only while one event is compared, so borrowed.
type gramTable [1 << gramBits]uint16

var gramTables = sync.Pool{New: func() any { return new(gramTable) }}

// differ writes the groups of a payload of kind differ behind what is in the
// record: copies, in order, of what base and text share, and in between what
// text has instead. It reports false where there is nothing to copy from.
func (e *Encoder) differ(base, text []byte, now *places) bool {
	*now = places{}
	out := e.record
	if len(base) == 0 {
		return false
	}

	prefix := commonPrefix(base, text)
	suffix := commonSuffix(base[prefix:], text[prefix:])
	old, new := base[prefix:len(base)-suffix], text[prefix:len(text)-suffix]

	put := func(copied, drop int, insert []byte, at int) {
		out = binary.AppendUvarint(out, uint64(copied))
		out = binary.AppendUvarint(out, uint64(drop))
		out = binary.AppendUvarint(out, uint64(len(insert)))
		out = append(out, insert...)
		now.add(at, len(insert))
	}

	copied := prefix // bytes to copy before the next place
	i, j := 0, 0     // how much of old and new is accounted for
	if len(old) >= gram && len(new) >= gram {
		table := gramTables.Get().(*gramTable)
		clear(table[:])
		for k := len(old) - gram; k >= 0; k-- {
			table[gramHash(old[k:])] = uint16(k + 1)
		}
		for k := 0; k+gram <= len(new) && i+gram <= len(old); {
			m := int(table[gramHash(new[k:])]) - 1
			if m < i {
				k++
				continue
			}
			length := commonPrefix(old[m:], new[k:])
			if length < gram {
				k++
				continue
			}
			// what stands just before may be the same, too
			for m > i && k > j && old[m-1] == new[k-1] {
				m, k, length = m-1, k-1, length+1
			}
			if now.n == maxPlaces-1 {
				break
			}
			put(copied, m-i, new[j:k], prefix+j)
			copied = length
			i, j = m+length, k+length
			k = j
		}
		gramTables.Put(table)
	}
	if i < len(old) || j < len(new) {
		put(copied, len(old)-i, new[j:], prefix+j)
	}
	e.record = out
	return true
}

func gramHash(p []byte) uint32 {
	v := uint64(binary.LittleEndian.Uint32(p)) | uint64(binary.LittleEndian.Uint16(p[4:]))<<32
	return uint32((v * 0x9E3779B97F4A7C15) >> (64 - gramBits))
}

// commonPrefix is how many bytes a and b share at their start.
func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// commonSuffix is how many bytes a and b share at their end.
func commonSuffix(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		x := binary.LittleEndian.Uint64(a[len(a)-i-8:]) ^ binary.LittleEndian.Uint64(b[len(b)-i-8:])
		if x != 0 {
			return i + bits.LeadingZeros64(x)/8
		}
	}
	for i < n && a[len(a)-1-i] == b[len(b)-1-i] {
		i++
	}
	return i
}
