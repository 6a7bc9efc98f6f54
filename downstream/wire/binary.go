package wire

import (
	"encoding/binary"
	"errors"
)

// The kinds of binary frames, their first byte.
const (
	FrameRecords  = 0x01 // records, in the encoding of package stream
	FramePart     = 0x02 // a part of an event's text
	FrameLastPart = 0x03 // its last part
)

// ErrFrame says that bytes are no binary frame.
var ErrFrame = errors.New("wire: not a frame")

// AppendFrame appends the head of a binary frame: what follows are records,
// the first of them event seq, or a part of event seq.
func AppendFrame(dst []byte, kind byte, s uint32, seq uint64) []byte {
	dst = append(dst, kind)
	dst = binary.AppendUvarint(dst, uint64(s))
	return binary.AppendUvarint(dst, seq)
}

// ParseFrame splits a binary frame into its head and what follows.
func ParseFrame(p []byte) (kind byte, s uint32, seq uint64, rest []byte, err error) {
	if len(p) == 0 || p[0] < FrameRecords || p[0] > FrameLastPart {
		return 0, 0, 0, nil, ErrFrame
	}
	kind, p = p[0], p[1:]
	wide, n := binary.Uvarint(p)
	if n <= 0 || wide > 1<<32-1 {
		return 0, 0, 0, nil, ErrFrame
	}
	seq, m := binary.Uvarint(p[n:])
	if m <= 0 {
		return 0, 0, 0, nil, ErrFrame
	}
	return kind, uint32(wide), seq, p[n+m:], nil
}
