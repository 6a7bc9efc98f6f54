//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Protocols that the gateway speaks on a WebSocket.
const (
	binaryProtocol = "tidegate.1.bin"
	jsonProtocol   = "tidegate.1.json"
)

// A reader may be readerWindow events behind. It acknowledges when it has taken
// half of that, or has said nothing for readerDelay, as the clients do.
const (
	readerWindow = 64
	readerDelay  = 250 * time.Millisecond
)

var (
	errUpgrade = errors.New("bench: no WebSocket was made")
	errRefused = errors.New("bench: the stream was refused")
	errEnded   = errors.New("bench: the stream ended otherwise than complete")
)

// Opcodes of RFC 6455, section 5.2.
const (
	opText   = 1
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
)

// frames is a client of one WebSocket with at most one stream. It knows as much
// of RFC 6455 as the gateway uses towards a client: no mask, no fragments.
type frames struct {
	open   []byte // the message that asks for the stream; nil is none
	made   bool   // the WebSocket is
	opened bool   // the stream is
	rest   []byte // an unfinished head or frame
	events int64
	acked  int64
	saidAt time.Time // when it last was, or when the stream was asked for
	bytes  int64     // of the frames that carry events or parts of them, with their heads
}

// upgrade is the request that makes a WebSocket. The Origin is the gateway's
// own, as for its own page.
func upgrade(to netip.AddrPort, protocol string) []byte {
	return fmt.Appendf(nil, "GET /v1/ws HTTP/1.1\r\nHost: %[1]s\r\nOrigin: http://%[1]s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: %[2]s\r\n\r\n", to, protocol)
}

// openStream asks for the script's stream, with credit up to event most.
func openStream(script string, most int) []byte {
	return masked(opText, fmt.Appendf(nil, `{"t":"open","s":1,"api":"chat.completions","max":%d,`+
		`"body":{"model":%q,"messages":[{"role":"user","content":"m"}]}}`, most, "script:"+script))
}

// masked is a client's frame, with a mask that changes nothing.
func masked(op byte, payload []byte) []byte {
	frame := []byte{0x80 | op}
	if n := len(payload); n < 126 {
		frame = append(frame, 0x80|byte(n))
	} else {
		frame = append(frame, 0x80|126, byte(n>>8), byte(n))
	}
	frame = append(frame, 0, 0, 0, 0)
	return append(frame, payload...)
}

// feed takes the bytes that came then, and returns what is to be sent.
func (f *frames) feed(p []byte, at time.Time) (reply []byte, done bool, err error) {
	if len(f.rest) > 0 {
		p = append(f.rest, p...)
		f.rest = f.rest[:0]
	}
	if !f.made {
		head, after, whole := bytes.Cut(p, []byte("\r\n\r\n"))
		switch {
		case !whole && len(p) > maxHead, whole && !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")):
			return nil, false, errUpgrade
		case !whole:
			f.rest = append(f.rest, p...)
			return nil, false, nil
		}
		f.made, p, reply, f.saidAt = true, after, f.open, at
	}
	for {
		op, payload, size := cutFrame(p)
		if size == 0 {
			f.rest = append(f.rest, p...)
			break
		}
		p = p[size:]
		switch op {
		case opPing:
			reply = append(reply, masked(opPong, payload)...)
		case opClose:
			return nil, false, errEnded
		case opBinary:
			f.events += int64(records(payload))
			f.bytes += int64(size)
		case opText:
			if done, err = f.text(payload, size); done || err != nil {
				return nil, done, err
			}
		}
	}
	if n := f.events - f.acked; n >= readerWindow/2 || n > 0 && at.Sub(f.saidAt) >= readerDelay {
		f.acked, f.saidAt = f.events, at
		reply = append(reply, masked(opText, fmt.Appendf(nil, `{"t":"ack","s":1,"seq":%d,"max":%d}`, f.acked, f.acked+readerWindow))...)
	}
	return reply, false, nil
}

// text takes a message, or several. An event's data has quotes escaped, or is
// of our own provider's making, so that these words are never in it.
func (f *frames) text(message []byte, size int) (done bool, err error) {
	if events := bytes.Count(message, []byte(`"t":"event"`)); events > 0 || bytes.Contains(message, []byte(`"t":"part"`)) {
		f.events += int64(events)
		f.bytes += int64(size)
	}
	switch {
	case bytes.Contains(message, []byte(`"t":"refused"`)):
		return false, fmt.Errorf("%w: %.300s", errRefused, message)
	case bytes.Contains(message, []byte(`"t":"opened"`)):
		f.opened = true
	case bytes.Contains(message, []byte(`"t":"end"`)):
		if !bytes.Contains(message, []byte(`"reason":"complete"`)) {
			return false, fmt.Errorf("%w: %.300s", errEnded, message)
		}
		return true, nil
	}
	return false, nil
}

// cutFrame finds the first frame; size is 0 where it is not whole yet.
func cutFrame(p []byte) (op byte, payload []byte, size int) {
	if len(p) < 2 {
		return 0, nil, 0
	}
	head, n := 2, int(p[1]&127)
	switch {
	case n == 126 && len(p) >= 4:
		head, n = 4, int(binary.BigEndian.Uint16(p[2:]))
	case n == 127 && len(p) >= 10:
		head, n = 10, int(binary.BigEndian.Uint64(p[2:]))
	case n >= 126:
		return 0, nil, 0
	}
	if len(p) < head+n {
		return 0, nil, 0
	}
	return p[0] & 15, p[head : head+n], head + n
}

// records counts the events of a binary frame: its records, or the one that a
// last part completes (docs/protocol.md).
func records(frame []byte) (n int) {
	kind, p := frame[0], frame[1:]
	if kind != 1 {
		return int(kind) - 2
	}
	for range 2 { // the stream's number, and the first event's
		_, k := binary.Uvarint(p)
		p = p[max(k, 0):]
	}
	for len(p) > 0 {
		head, k := binary.Uvarint(p)
		if k <= 0 || head>>2 > uint64(len(p)-k) {
			return n
		}
		p = p[k+int(head>>2):]
		n++
	}
	return n
}
