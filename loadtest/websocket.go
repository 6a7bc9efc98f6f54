package loadtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"

	"tidegate/downstream/wire"
	"tidegate/internal/http1"
	"tidegate/loadtest/check"
)

// socket is tidegate.1 over a WebSocket of the stream's own: carrier. It speaks
// the protocol itself, and not by package client: what it is for is what a
// well-behaved client never lets its application see.
type socket struct {
	*line
	request []byte
	binary  bool
	number  uint32 // the stream's, on its connection
	id      string
	buffer  int // the target's, as it said

	in       frames
	records  []byte // of a binary frame, not taken
	seq      uint64 // of the first of them
	dec      wire.Decoder
	messages []byte // of a text frame, not taken
	array    bool   // they are elements of one: its first bracket is off
	mould    mould
	queue    []event
	parts    []byte
	end      error
	closing  bool

	writing sync.Mutex // guards the following
	text    []byte
	out     []byte
}

func (k *socket) connect(ctx context.Context) error {
	protocol := wire.ProtocolJSON
	if k.binary {
		protocol = wire.ProtocolBinary
	}
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	request := k.line.request("GET", "/v1/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: "+base64.StdEncoding.EncodeToString(nonce[:])+"\r\nSec-WebSocket-Protocol: "+protocol+"\r\n", nil)
	var answer http1.Response
	rest, err := k.ask(ctx, request, &answer, func([]byte) error { return nil })
	if err != nil {
		return err
	}
	if answer.Status != 101 {
		return &refusedError{status: answer.Status}
	}
	k.in, k.records, k.messages, k.queue, k.dec = frames{}, nil, nil, nil, wire.Decoder{}
	k.parts, k.end, k.closing, k.buffer = nil, nil, false, 0
	k.number++
	return k.in.fill(rest)
}

func (k *socket) open(ctx context.Context, max uint64) (int, error) {
	return k.attach(ctx, wire.Message{T: wire.Open, API: "chat.completions", Body: k.request, Max: max})
}

func (k *socket) resume(ctx context.Context, seq, max uint64) (int, error) {
	return k.attach(ctx, wire.Message{T: wire.Resume, Stream: k.id, Seq: seq, Max: max})
}

// attach connects, asks, and reads until there is an answer.
func (k *socket) attach(ctx context.Context, m wire.Message) (buffer int, err error) {
	if err := k.connect(ctx); err != nil {
		return 0, err
	}
	if err := k.say(&m); err != nil {
		return 0, err
	}
	buf := heads.Get().(*[4 << 10]byte)
	defer heads.Put(buf)
	for {
		switch ok, err := k.more(); {
		case err != nil:
			return 0, err
		case !ok:
			n, err := k.conn.Read(buf[:])
			if err != nil {
				return 0, err
			}
			_ = k.in.fill(buf[:n]) // always takes it
		case len(k.messages) > 0 || len(k.records) > 0:
			if err := k.other(); err != nil {
				return 0, err
			}
			if k.buffer == 0 {
				return 0, errors.New("loadtest: the first answer is no opened")
			}
			return k.buffer, nil
		}
	}
}

func (k *socket) fill(p []byte) error { return k.in.fill(p) }

// next implements carrier. After the end it closes the connection, and goes on
// with what the target says about the stream until it is closed.
func (k *socket) next(e *event) (bool, error) {
	for {
		var err error
		switch {
		case len(k.queue) > 0:
			*e = k.queue[0]
			k.queue = k.queue[1:]
			return true, nil
		case len(k.records) > 0:
			if err = k.record(e); err == nil {
				return true, nil
			}
		case len(k.messages) > 0:
			if k.usual(e) {
				return true, nil
			}
			err = k.other()
		case k.end != nil:
			end := k.end
			k.end = nil
			k.goodbye()
			return false, end
		default:
			var ok bool
			if ok, err = k.more(); !ok && err == nil {
				return false, nil
			}
		}
		if err != nil {
			return false, k.broke(err)
		}
	}
}

// more takes the next frame, if it has come.
func (k *socket) more() (ok bool, err error) {
	k.queue = k.queue[:0]
	op, payload, ok, err := k.in.next()
	switch {
	case !ok:
		return false, err
	case op == opBinary:
		return true, k.frame(payload)
	case op == opText:
		k.messages, k.array = bytes.CutPrefix(payload, []byte("["))
		return true, nil
	}
	return true, k.control(op, payload)
}

func (k *socket) broke(err error) error {
	switch {
	case k.closing:
		return io.EOF
	case isTimeout(err):
		return ended(check.Silent, false, "nothing came")
	}
	return err
}

// control does what a control frame asks for (RFC 6455 section 5.5).
func (k *socket) control(op byte, payload []byte) error {
	switch op {
	case opPing:
		return k.send(opPong, payload)
	case opClose:
		return fmt.Errorf("loadtest: %w: the target has closed the WebSocket", io.EOF)
	}
	return nil
}

func (k *socket) goodbye() {
	if k.closing {
		return
	}
	k.closing = true
	_ = k.send(opClose, []byte{wire.CloseDone >> 8, wire.CloseDone & 0xff}) // gone already is fine
}

// send writes a frame at once.
func (k *socket) send(op byte, payload []byte) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	k.out = appendFrame(k.out[:0], op, payload)
	_, err := k.conn.Write(k.out)
	return err
}

func (k *socket) say(m *wire.Message) error {
	m.S = k.number
	return k.send(opText, m.Append(nil))
}

func (k *socket) ack(seq, max uint64) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	k.text = appendAck(k.text[:0], k.number, seq, min(max, math.MaxInt64))
	k.out = appendFrame(k.out[:0], opText, k.text)
	return k.write(k.out)
}

func (k *socket) cancel() error { return k.say(&wire.Message{T: wire.Cancel}) }
