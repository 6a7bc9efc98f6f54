package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
)

// socket is a WebSocket connection and the streams on it.
type socket struct {
	c      *Client
	ws     *websocket.Conn
	done   chan struct{} // closed when the connection is no more
	signal chan struct{} // there is something to write
	both   sync.WaitGroup

	mu      sync.Mutex // guards the following
	lanes   map[uint32]*lane
	last    uint32 // the newest stream's number: none is used twice
	out     []wire.Message
	dirty   []*lane // with something to acknowledge
	leaving bool    // the gateway goes away, or the connection: nothing new
	failure error
}

// What a connection may take: a handshake, a frame in bytes. The largest frame
// that a gateway sends has a page of 16 KiB and an event of 4, each of whose
// bytes JSON may have to escape.
const (
	handshakeTimeout = 10 * time.Second
	maxFrame         = 256 << 10
)

// maxRefusal bounds what is read of an answer that refuses something, in
// bytes.
const maxRefusal = 64 << 10

var writeBuffers sync.Pool

// errBlocked says that WebSocket does not get through.
var errBlocked = errors.New("client: no WebSocket connection")

// connect makes a connection.
func (c *Client) connect(ctx context.Context) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	d := websocket.Dialer{
		NetDialContext: c.opt.Dial, Proxy: http.ProxyFromEnvironment,
		ReadBufferSize: 4 << 10, WriteBufferSize: 4 << 10, WriteBufferPool: &writeBuffers,
		Subprotocols: []string{wire.ProtocolBinary},
	}
	if c.opt.Protocol == JSON {
		d.Subprotocols[0] = wire.ProtocolJSON
	}
	ws, resp, err := d.DialContext(ctx, "ws"+strings.TrimPrefix(c.opt.URL, "http")+"/v1/ws", c.header()) //nolint:bodyclose // the library has read it
	if err != nil {
		return nil, notConnected(resp, err)
	}
	if ws.Subprotocol() != d.Subprotocols[0] {
		_ = ws.Close()
		return nil, fmt.Errorf("%w: the subprotocol is %q", ErrProtocol, ws.Subprotocol())
	}
	k := &socket{c: c, ws: ws, done: make(chan struct{}), signal: make(chan struct{}, 1), lanes: map[uint32]*lane{}}
	ws.SetReadLimit(maxFrame)
	k.heard()
	ws.SetPongHandler(func(string) error { k.heard(); return nil })
	ping := ws.PingHandler()
	ws.SetPingHandler(func(data string) error { k.heard(); return ping(data) })
	k.both.Add(2)
	go k.read()
	go k.write()
	return k, nil
}

// notConnected is why there is no connection. An answer of the gateway's own
// is a refusal; anything else is in the way.
func notConnected(resp *http.Response, err error) error {
	if resp == nil {
		return fmt.Errorf("%w: %w", errBlocked, err)
	}
	body, _ := io.ReadAll(resp.Body) // the library gives the first 1,024 bytes
	var saying struct{ Error json.RawMessage }
	if json.Unmarshal(body, &saying) != nil || saying.Error == nil {
		return fmt.Errorf("%w: the answer has status %d", errBlocked, resp.StatusCode)
	}
	return refused(resp.StatusCode, saying.Error, seconds(resp.Header.Get("Retry-After")))
}

// header is what every request has.
func (c *Client) header() http.Header {
	h := http.Header{}
	if c.opt.Key != "" {
		h.Set("Authorization", "Bearer "+c.opt.Key)
	}
	if c.opt.Origin != "" {
		h.Set("Origin", c.opt.Origin)
	}
	return h
}

// heard notes that the other side lives.
func (k *socket) heard() { _ = k.ws.SetReadDeadline(time.Now().Add(k.c.opt.Silence)) }

// fail drops the connection; the streams go elsewhere.
func (k *socket) fail(err error) {
	k.mu.Lock()
	if k.failure != nil {
		k.mu.Unlock()
		return
	}
	k.failure = err
	lanes := k.lanes
	k.lanes, k.out, k.dirty = nil, nil, nil
	k.mu.Unlock()
	k.c.mu.Lock()
	delete(k.c.sockets, k)
	k.c.mu.Unlock()
	close(k.done)
	_ = k.ws.Close()
	for _, l := range lanes {
		l.end(err)
	}
}

// goodbye closes the connection in due form, and waits for its goroutines.
func (k *socket) goodbye() {
	_ = k.ws.WriteControl(websocket.CloseMessage,
		websocket.FormatCloseMessage(wire.CloseDone, ""), time.Now().Add(time.Second))
	k.fail(ErrClosed)
	k.both.Wait()
}

// errLeaving says that a connection takes no more streams.
var errLeaving = errors.New("client: the connection is being given up")

// add puts a stream on the connection.
func (k *socket) add(s *Stream) (*lane, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.failure != nil:
		return nil, k.failure
	case k.leaving:
		return nil, errLeaving
	}
	k.last++
	l := &lane{k: k, s: k.last, stream: s, answered: make(chan struct{}), gone: make(chan struct{})}
	k.lanes[l.s] = l
	return l, nil
}

// drop takes a stream off the connection.
func (k *socket) drop(l *lane) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.lanes, l.s)
}

func (k *socket) find(s uint32) *lane {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.lanes[s]
}
