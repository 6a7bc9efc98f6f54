package downstream

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
	"tidegate/internal/auth"
)

// maxControl bounds a client's message that is not open, in bytes. Buffers are
// borrowed or small: a connection that waits holds nothing else.
const (
	maxControl   = 4 << 10
	wsReadBuffer = 512
)

// wsWriteBuffers are lent while a frame is being put together.
var wsWriteBuffers sync.Pool

// ws serves GET /v1/ws: many streams over one WebSocket connection.
func (s *Server) ws(w http.ResponseWriter, r *http.Request) {
	if !websocket.IsWebSocketUpgrade(r) {
		(&failure{
			status: http.StatusUpgradeRequired, kind: invalidRequest, code: "not_a_websocket",
			message: "This is a WebSocket (RFC 6455). Without one, use POST /v1/streams.",
			header:  map[string]string{"Upgrade": "websocket", "Connection": "Upgrade"},
		}).write(w)
		return
	}
	protocol, ticket := subprotocols(r)
	who, f := s.enter(r, ticket)
	if f == nil && protocol == "" {
		f = badRequest("subprotocol", "", "The client has to offer the subprotocol "+wire.ProtocolBinary+" or "+wire.ProtocolJSON+".")
	}
	if f != nil {
		f.write(w)
		return
	}
	own, err := s.upgrade(w, r, protocol)
	if err != nil {
		return
	}
	own.who, own.binary, own.ticket = who, protocol == wire.ProtocolBinary, ticket != ""
	own.credential = auth.Sent(r.Header, "")
	s.begin(own)
}

// upgrade makes a session of a request (RFC 6455 section 4.2.2), or answers
// why not.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, protocol string) (*session, error) {
	var conn *frameConn
	up := websocket.Upgrader{
		WriteBufferSize: wsReadBuffer, WriteBufferPool: &wsWriteBuffers,
		CheckOrigin: func(*http.Request) bool { return true }, // enter has
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			(&failure{
				status: status, kind: invalidRequest, code: "bad_handshake", message: reason.Error(),
				header: map[string]string{"Sec-WebSocket-Version": "13"}, // section 4.4: a client that speaks another as well can try again
			}).write(w)
		},
	}
	c, err := up.Upgrade(hijacker{w, &conn}, r, http.Header{"Sec-Websocket-Protocol": {protocol}})
	if err != nil {
		return nil, err
	}
	c.SetReadLimit(s.opt.MaxBody + maxControl)
	return newSession(s, c, conn), nil
}

// subprotocols picks the client's first choice that is spoken here, and the
// ticket where there is one.
func subprotocols(r *http.Request) (protocol, ticket string) {
	for _, offered := range websocket.Subprotocols(r) {
		switch {
		case strings.HasPrefix(offered, wire.TicketPrefix):
			ticket = strings.TrimPrefix(offered, wire.TicketPrefix)
		case protocol == "" && (offered == wire.ProtocolBinary || offered == wire.ProtocolJSON):
			protocol = offered
		}
	}
	return protocol, ticket
}

// begin begins a session. The handler returns: what waits for the client is
// one goroutine with a small buffer.
func (s *Server) begin(own *session) {
	switch s.sessions.add(own) {
	case sessionsDraining:
		own.goesAway()
	case sessionsClosed:
		own.closeWith(wire.CloseDraining, "the gateway is shutting down")
	}
	own.turn.wake() // the handshake's answer; only now, as the session may be over with it
	if !own.park() {
		go own.read()
	}
}

// hijacker hands the websocket library a connection on which nothing that it
// writes goes out by itself.
type hijacker struct {
	http.ResponseWriter
	conn **frameConn
}

// Hijack implements http.Hijacker.
func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	own := conn.(*clientConn)
	own.answering()
	own.narrow()
	*h.conn = &frameConn{clientConn: own}
	if rw.Reader.Buffered() > 0 { // the library won't have it
		return *h.conn, rw, nil
	}
	(*h.conn).in = bufio.NewReaderSize(*h.conn, wsReadBuffer)
	return *h.conn, bufio.NewReadWriter((*h.conn).in, rw.Writer), nil
}

// frameConn collects the frames that the websocket library writes, the
// handshake's answer included; the session's turn writes them.
type frameConn struct {
	*clientConn
	in     *bufio.Reader         // what was read and the library has not taken
	within time.Duration         // that the rest of a message may take; 0: for ever
	timed  bool                  // that the connection knows of it
	limit  func(d time.Duration) // tells it

	mu     sync.Mutex // the library answers what it can't accept while others write
	buf    []byte
	some   atomic.Bool // buf is not empty
	parted atomic.Bool // the library has said goodbye
}

// Read implements net.Conn. What clientConn does besides is HTTP's: a message
// that comes too late is not answered with status 408.
func (c *frameConn) Read(p []byte) (int, error) {
	if c.within > 0 && !c.timed {
		c.timed = true
		c.limit(c.within)
	}
	if len(c.ahead) > 0 {
		return c.clientConn.Read(p)
	}
	return c.Conn.Read(p)
}

// Write implements net.Conn.
func (c *frameConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.buf = append(c.buf, p...)
	c.some.Store(true)
	if len(p) >= 2 && p[0] == finalFragment|websocket.CloseMessage && len(p) == 2+int(p[1]) { // each frame is one Write
		c.parted.Store(true)
	}
	return len(p), nil
}

// SetWriteDeadline implements net.Conn. The library has nothing to wait for
// here; if it set the connection's own deadline, it would undo a hangUp's.
func (c *frameConn) SetWriteDeadline(time.Time) error { return nil }

// finish ends our side of the connection, and leaves the client d to end its
// own. It reports whether that can be done.
func (c *frameConn) finish(d time.Duration) bool {
	t, ok := c.Conn.(*net.TCPConn)
	if !ok || t.CloseWrite() != nil {
		return false
	}
	return c.SetReadDeadline(time.Now().Add(d)) == nil
}

// take returns what was collected, and whether goodbye was said, now or before.
func (c *frameConn) take() (said []byte, parted bool) {
	if c.some.Load() {
		c.mu.Lock()
		said = c.buf
		c.buf = nil
		c.some.Store(false)
		c.mu.Unlock()
	}
	return said, c.parted.Load()
}
