package client

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
)

// read takes what the gateway sends, until the connection ends.
func (k *socket) read() {
	defer k.both.Done()
	var buf bytes.Buffer
	for {
		kind, r, err := k.ws.NextReader()
		if err == nil {
			k.heard()
			buf.Reset()
			_, err = buf.ReadFrom(r)
		}
		if err != nil {
			k.fail(broken(err))
			return
		}
		if kind == websocket.TextMessage {
			err = wire.Parse(buf.Bytes(), k.message)
		} else {
			err = k.frame(buf.Bytes())
		}
		if err != nil {
			k.fail(fmt.Errorf("%w: %w", ErrProtocol, err))
			return
		}
	}
}

// broken is what the end of a connection means.
func broken(err error) error {
	var closed *websocket.CloseError
	if errors.As(err, &closed) && closed.Code != websocket.CloseAbnormalClosure && !wire.Reconnect(closed.Code) {
		return &ClosedError{closed.Code, closed.Text}
	}
	if errors.Is(err, websocket.ErrReadLimit) {
		return fmt.Errorf("%w: a frame of more than %d bytes", ErrProtocol, maxFrame)
	}
	return fmt.Errorf("client: the connection broke: %w", err)
}

// message does what a message says. What is about a stream that has left the
// connection is not heard.
func (k *socket) message(m *wire.Message) error {
	if m.T == wire.Draining {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.leaving = true
		return nil
	}
	l := k.find(m.S)
	if l == nil {
		return nil
	}
	switch m.T {
	case wire.Opened:
		l.stream.opened(m.Stream, m.Buffer)
		l.accepted()
	case wire.Refused:
		l.leaveWith(refused(m.Status, m.Err, time.Duration(m.RetryMS)*time.Millisecond))
	case wire.Event:
		l.event(m)
	case wire.Part:
		l.part(m.Seq, []byte(m.Text))
	case wire.Blocked:
		l.stream.blocked()
	case wire.End:
		k.mu.Lock()
		l.ended = true
		delete(k.lanes, l.s) // before the stream's goroutine leaves it
		k.mu.Unlock()
		l.end(l.stream.ended(endOf(m)))
	case wire.Detached:
		l.leaveWith(detached(m.Reason))
	}
	return nil // an unknown one is a later gateway's
}

// frame does what a binary frame says.
func (k *socket) frame(p []byte) error {
	kind, s, seq, rest, err := wire.ParseFrame(p)
	if err != nil {
		return err
	}
	l := k.find(s)
	if l == nil {
		return nil
	}
	switch kind {
	case wire.FrameRecords:
		l.records(seq, rest)
	case wire.FramePart:
		l.part(seq, rest)
	case wire.FrameLastPart:
		l.lastPart(seq, rest)
	}
	return nil
}
