package loadtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
	"tidegate/loadtest/check"
)

// socket is tidegate.1 over a WebSocket of the stream's own: carrier. It speaks
// the protocol itself, and not by package client: what it is for is what a
// well-behaved client never lets its application see.
type socket struct {
	*line
	body   []byte
	binary bool
	ws     *websocket.Conn
	number uint32 // the stream's, on its connection
	id     string

	queue   []event // read, not taken
	frame   bytes.Buffer
	dec     wire.Decoder
	parts   []byte
	heap    []byte // of the queue's events
	end     error
	closing bool

	writing sync.Mutex
}

const frameLimit = 1 << 20

func (k *socket) connect(ctx context.Context) error {
	protocol := wire.ProtocolJSON
	if k.binary {
		protocol = wire.ProtocolBinary
	}
	d := websocket.Dialer{
		NetDialContext:   func(ctx context.Context, _, _ string) (net.Conn, error) { return k.dial(ctx) },
		HandshakeTimeout: dialTimeout, ReadBufferSize: 2 << 10, WriteBufferSize: 1 << 10, Subprotocols: []string{protocol},
	}
	d.NetDialTLSContext = d.NetDialContext
	scheme := "ws"
	if k.target.secure {
		scheme = "wss"
	}
	ws, resp, err := d.DialContext(ctx, scheme+"://"+k.target.host+k.target.path+"/v1/ws", k.header()) //nolint:bodyclose // the library has read it
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			return &refusedError{status: resp.StatusCode}
		}
		return err
	}
	ws.SetReadLimit(frameLimit)
	// The protocol's pongs go out between our own messages.
	ws.SetPingHandler(func(data string) error {
		return ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(dialTimeout))
	})
	k.queue, k.dec, k.parts, k.end, k.closing = nil, wire.Decoder{}, nil, nil, false
	k.writing.Lock()
	defer k.writing.Unlock()
	k.ws = ws
	k.number++
	return nil
}

func (k *socket) open(ctx context.Context, max uint64) (int, error) {
	return k.attach(ctx, wire.Message{T: wire.Open, API: "chat.completions", Body: k.body, Max: max})
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
	err = k.read(func(m *wire.Message) error {
		switch m.T {
		case wire.Opened:
			k.id, buffer = m.Stream, m.Buffer
		case wire.Refused:
			return &refusedError{status: m.Status}
		default:
			return k.message(m)
		}
		return nil
	})
	if err == nil && buffer == 0 {
		err = errors.New("loadtest: the first answer is no opened")
	}
	return buffer, err
}

func (k *socket) say(m *wire.Message) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	m.S = k.number
	_ = k.ws.SetWriteDeadline(time.Now().Add(dialTimeout))
	return k.ws.WriteMessage(websocket.TextMessage, m.Append(nil))
}

// read reads one frame.
func (k *socket) read(text func(*wire.Message) error) error {
	kind, r, err := k.ws.NextReader()
	if err != nil {
		return err
	}
	k.frame.Reset()
	if _, err := k.frame.ReadFrom(r); err != nil {
		return err
	}
	if kind == websocket.TextMessage {
		return wire.Parse(k.frame.Bytes(), text)
	}
	return k.records(k.frame.Bytes())
}

func (k *socket) more() bool { return len(k.queue) > 0 }

// next implements carrier. After the end it closes the connection, and returns
// what the target says about the stream until it is closed, and io.EOF.
func (k *socket) next() (event, error) {
	for len(k.queue) == 0 {
		if end := k.end; end != nil {
			k.end = nil
			k.goodbye()
			return event{}, end
		}
		k.heap = k.heap[:0]
		if err := k.read(k.message); err != nil {
			switch {
			case k.closing:
				err = io.EOF
			case isTimeout(err):
				err = ended(check.Silent, false, "nothing came")
			}
			return event{}, err
		}
	}
	e := k.queue[0]
	if k.queue = k.queue[1:]; len(k.queue) == 0 {
		k.queue = nil
	}
	return e, nil
}

func (k *socket) goodbye() {
	if k.closing {
		return
	}
	k.closing = true
	_ = k.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(wire.CloseDone, ""), time.Now().Add(dialTimeout))
}

// message does what a message says.
func (k *socket) message(m *wire.Message) error {
	if m.S != k.number && m.T != wire.Draining {
		return nil
	}
	switch m.T {
	case wire.Event:
		data := m.Data
		if data == nil {
			data = []byte(m.Text)
		}
		if m.Parts {
			data = append(k.parts, data...)
			k.parts = nil
		}
		k.put(check.Event{Seq: m.Seq, Name: []byte(m.Event), Data: data})
	case wire.Part:
		return k.part([]byte(m.Text))
	case wire.Blocked:
		k.queue = append(k.queue, event{blocked: true})
	case wire.End:
		k.end = endOf(m)
	case wire.Detached:
		k.end = ended(check.Told, false, "detached: "+m.Reason)
	}
	return nil
}

func (k *socket) part(p []byte) error {
	if len(k.parts)+len(p) > maxEvent {
		return errEvent
	}
	k.parts = append(k.parts, p...)
	return nil
}

// put queues an event. It shares the frame's memory, or brings its own.
func (k *socket) put(e check.Event) { k.queue = append(k.queue, event{Event: e}) }

// records takes the events of a binary frame.
func (k *socket) records(p []byte) error {
	kind, s, seq, rest, err := wire.ParseFrame(p)
	if err != nil || s != k.number {
		return err
	}
	switch kind {
	case wire.FramePart:
		return k.part(rest)
	case wire.FrameLastPart:
		text := append(k.parts, rest...)
		k.parts = nil
		k.dec.Reset()
		name, data, err := wire.SplitText(text)
		if err != nil {
			return err
		}
		k.put(check.Event{Seq: seq, Name: name, Data: data})
		return nil
	}
	for ; len(rest) > 0; seq++ {
		ev, size, err := k.dec.Decode(rest)
		if err != nil {
			return fmt.Errorf("loadtest: event %d: %w", seq, err)
		}
		rest = rest[size:]
		// The decoder's memory is the next event's, too.
		k.put(check.Event{Seq: seq, Name: k.keep(ev.Name), Data: k.keep(ev.Data), Wire: size})
	}
	return nil
}

// keep copies bytes into memory that lives until the next frame.
func (k *socket) keep(p []byte) []byte {
	if len(p) == 0 {
		return nil
	}
	from := len(k.heap)
	k.heap = append(k.heap, p...)
	return k.heap[from:len(k.heap):len(k.heap)]
}

func (k *socket) ack(seq, max uint64) error {
	return k.say(&wire.Message{T: wire.Ack, Seq: seq, Max: min(max, math.MaxInt64)})
}

func (k *socket) cancel() error { return k.say(&wire.Message{T: wire.Cancel}) }
