package wire

import (
	"bytes"
	"math"
)

// ParseAck reads an acknowledgement in the form in which both clients send it:
// its members in the order of docs/protocol.md, with no white space. Anything
// else is left to Parse. It keeps nothing of p, and allocates nothing.
func ParseAck(p []byte) (s uint32, seq, top uint64, ok bool) {
	var wide uint64
	if wide, p, ok = member(p, `{"t":"ack","s":`); !ok || wide > math.MaxUint32 {
		return 0, 0, 0, false
	}
	if seq, p, ok = member(p, `,"seq":`); !ok {
		return 0, 0, 0, false
	}
	if len(p) > 1 {
		if top, p, ok = member(p, `,"max":`); !ok {
			return 0, 0, 0, false
		}
	}
	return uint32(wide), seq, top, string(p) == "}"
}

// member cuts a member's name and its number off p. Numbers of more than 18
// digits might not fit.
func member(p []byte, name string) (value uint64, rest []byte, ok bool) {
	p, ok = bytes.CutPrefix(p, []byte(name))
	n := 0
	for ; ok && n < min(len(p), 18) && '0' <= p[n] && p[n] <= '9'; n++ {
		value = value*10 + uint64(p[n]-'0')
	}
	if n == 0 || n > 1 && p[0] == '0' { // not a number in JSON
		return 0, nil, false
	}
	return value, p[n:], true
}
