package loadtest

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
)

// The opcodes of a WebSocket (RFC 6455 section 5.2).
const (
	opMore   = 0
	opText   = 1
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
)

var errFrame = errors.New("loadtest: what came is no WebSocket frame")

// frameLimit bounds a message over a WebSocket, in bytes.
const frameLimit = 1 << 20

// frames cuts what comes over a WebSocket into messages. The zero value is
// ready; a message costs no memory of its own unless it is fragmented.
type frames struct {
	buf   []byte
	at    int    // the first byte not looked at
	parts []byte // of a fragmented message
	kind  byte   // of that message
}

func (f *frames) fill(p []byte) error {
	if f.at > 0 {
		f.buf = f.buf[:copy(f.buf, f.buf[f.at:])]
		f.at = 0
	}
	f.buf = append(f.buf, p...)
	return nil
}

// next returns the next whole message, or control frame; false: more bytes are
// needed. It is valid until more is filled in.
func (f *frames) next() (op byte, payload []byte, ok bool, err error) {
	for {
		p := f.buf[f.at:]
		head, size, err := frameSize(p)
		if err != nil || head == 0 || len(p) < head+size {
			return 0, nil, false, err
		}
		f.at += head + size
		payload = p[head : head+size : head+size]
		op, last := p[0]&0x0f, p[0]&0x80 != 0
		if op >= opClose || last && op != opMore {
			return op, payload, true, nil
		}
		if op != opMore {
			f.kind, f.parts = op, nil
		}
		if f.parts = append(f.parts, payload...); len(f.parts) > frameLimit {
			return 0, nil, false, errFrame
		}
		if last {
			return f.kind, f.parts, true, nil
		}
	}
}

// frameSize measures the first frame of p: its head and what follows. Without
// a whole head both are 0. A target's frames are not masked.
func frameSize(p []byte) (head, size int, err error) {
	if len(p) < 2 {
		return 0, 0, nil
	}
	long := uint64(p[1])
	head = 2
	switch {
	case p[0]&0x70 != 0 || p[1]&0x80 != 0:
		return 0, 0, errFrame
	case long == 126 && len(p) >= 4:
		head, long = 4, uint64(binary.BigEndian.Uint16(p[2:]))
	case long == 127 && len(p) >= 10:
		head, long = 10, binary.BigEndian.Uint64(p[2:])
	case long >= 126:
		return 0, 0, nil
	}
	if long > frameLimit {
		return 0, 0, errFrame
	}
	return head, int(long), nil
}

// longestSent is how long a payload of ours may be in one frame: what is more
// goes out as fragments.
const longestSent = 1<<16 - 1

// appendFrame adds a client's frame (RFC 6455 section 5.3), masked as it has
// to be.
func appendFrame(dst []byte, op byte, payload []byte) []byte {
	for first := true; first || len(payload) > 0; first = false {
		piece := payload[:min(len(payload), longestSent)]
		payload = payload[len(piece):]
		lead := op
		if !first {
			lead = opMore
		}
		if len(payload) == 0 {
			lead |= 0x80
		}
		dst = append(dst, lead)
		if n := len(piece); n < 126 {
			dst = append(dst, 0x80|byte(n))
		} else {
			dst = append(dst, 0x80|126, byte(n>>8), byte(n))
		}
		var mask [4]byte
		binary.NativeEndian.PutUint32(mask[:], rand.Uint32())
		dst = append(dst, mask[:]...)
		for i, b := range piece {
			dst = append(dst, b^mask[i&3])
		}
	}
	return dst
}
