package client

import (
	"time"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
)

// maxBatch is how many bytes of messages are put into one frame. The gateway
// takes 4 KiB.
const maxBatch = 3 << 10

// send queues a message.
func (k *socket) send(m wire.Message) {
	k.mu.Lock()
	if k.failure == nil {
		k.out = append(k.out, m)
	}
	k.mu.Unlock()
	k.wake()
}

func (k *socket) wake() {
	select {
	case k.signal <- struct{}{}:
	default: // it looks for all there is
	}
}

// write sends what there is to say, all of it together, and pings.
func (k *socket) write() {
	defer k.both.Done()
	pings := time.NewTicker(k.c.opt.Silence / 3)
	defer pings.Stop()
	for {
		select {
		case <-k.signal:
		case <-pings.C:
			if err := k.ws.WriteControl(websocket.PingMessage, nil, k.until()); err != nil {
				k.fail(broken(err))
			}
		case <-k.done:
			return
		}
		for {
			frame := k.next()
			if frame == nil {
				break
			}
			_ = k.ws.SetWriteDeadline(k.until())
			if err := k.ws.WriteMessage(websocket.TextMessage, frame); err != nil {
				k.fail(broken(err))
				return
			}
		}
	}
}

// until is when a write is given up.
func (k *socket) until() time.Time { return time.Now().Add(k.c.opt.Silence) }

// next is the next frame, or nil. A model's request is alone: no other message
// may be so large.
func (k *socket) next() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.out) > 0 && k.out[0].T == wire.Open {
		m := k.out[0]
		k.out = k.out[1:]
		return m.Append(nil)
	}
	var frame []byte
	n := 0
	add := func(m *wire.Message) {
		sep := byte(',')
		if n == 0 {
			sep = '['
		}
		frame = m.Append(append(frame, sep))
		n++
	}
	for len(k.out) > 0 && k.out[0].T != wire.Open && len(frame) < maxBatch {
		add(&k.out[0])
		k.out = k.out[1:]
	}
	for len(k.dirty) > 0 && len(frame) < maxBatch {
		l := k.dirty[0]
		k.dirty = k.dirty[1:]
		l.dirty = false
		if k.lanes[l.s] == l || l.ended {
			add(&wire.Message{T: wire.Ack, S: l.s, Seq: l.seq, Max: l.max})
		}
	}
	switch n {
	case 0:
		return nil
	case 1:
		return frame[1:]
	}
	return append(frame, ']')
}
