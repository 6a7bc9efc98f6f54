package downstream

import (
	"encoding/binary"
	"io"
)

// The parts of a frame's first byte (RFC 6455 section 5.2).
const (
	fin                           = 0x80
	rsv3, rsvAll                  = 0x10, 0x70
	opMore, opText, opBinary      = 0, 1, 2
	opClose, opPing, opPong  byte = 8, 9, 10
)

// masked is a client's frame.
func masked(first byte, payload []byte) []byte {
	mask := []byte{1, 2, 3, 4}
	p := append(headOf(first, 0x80, len(payload)), mask...)
	for i, b := range payload {
		p = append(p, b^mask[i%4])
	}
	return p
}

func headOf(first, mask byte, length int) []byte {
	switch {
	case length > 0xffff:
		return binary.BigEndian.AppendUint64([]byte{first, mask | 127}, uint64(length))
	case length > 125:
		return binary.BigEndian.AppendUint16([]byte{first, mask | 126}, uint16(length))
	}
	return []byte{first, mask | byte(length)}
}

func closeText(code int, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
}

// frame reads a frame as a strict client does: a server does not mask (RFC 6455
// section 5.1), has no extension whose bits it could set, and says a length in
// as few bytes as there are for it (section 5.2).
func (p *peer) frame() (first byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(p.r, head[:]); err != nil {
		return 0, nil, err
	}
	length, least := uint64(head[1]), uint64(0)
	var wide [8]byte
	switch {
	case head[1]&0x80 != 0:
		p.t.Fatal("the server masks")
	case head[0]&rsvAll != 0:
		p.t.Fatalf("the server sets reserved bits: %x", head[0])
	case length == 126:
		_, err = io.ReadFull(p.r, wide[6:])
		length, least = binary.BigEndian.Uint64(wide[:]), 126
	case length == 127:
		_, err = io.ReadFull(p.r, wide[:])
		length, least = binary.BigEndian.Uint64(wide[:]), 1<<16
	}
	if err == nil && length < least {
		p.t.Fatalf("the server says a length of %d in more bytes than it needs", length)
	}
	if err == nil {
		payload = make([]byte, length)
		_, err = io.ReadFull(p.r, payload)
	}
	return head[0], payload, err
}
