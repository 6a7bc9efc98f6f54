package downstream

import (
	"bufio"
	"context"
	"io"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
	"tidegate/internal/auth"
)

// session is one WebSocket connection and the streams on it.
type session struct {
	srv    *Server
	who    auth.Principal
	binary bool
	ticket bool // the client came with one
	// credential is the client's key, for providers that are to be called with it.
	credential string
	ws         *websocket.Conn
	conn       *frameConn
	in         *bufio.Reader // from which ws reads
	turn       *turn
	ctx        context.Context // of the calls being opened
	cancel     context.CancelFunc
	pings      *time.Timer
	echo       func(kind int, r io.Reader) error // instead of message, for conformance suites

	mu      sync.Mutex // guards the following
	lanes   map[uint32]*lane
	opening map[uint32]context.CancelFunc
	// finished are streams whose end was written: what was on its way to the
	// client is acknowledged after it. At most PerConn of them.
	finished   map[uint32]*live
	ready      []*lane // that have something to write, in turn
	control    []wire.Message
	taken      sync.Cond // control was, or never will be
	ping       bool
	pong       *string // what the newest ping said
	unanswered int     // pings
	closing    *farewell
	cutAt      time.Time // when a client that has not taken the goodbye is cut
	over_      bool
	parked     bool // nobody reads, the watcher waits
	watch      watchID

	// The turn's own.
	framed
	woken   *lane   // by whom this turn was begun
	written []*lane // lanes with events in the page being written
	ending  []*lane // lanes whose end is in it
	last    bool
}

type farewell struct {
	code int
	text string
}

func newSession(s *Server, c *websocket.Conn, conn *frameConn) *session {
	x := &session{
		srv: s, ws: c, conn: conn, in: conn.in,
		lanes: map[uint32]*lane{}, opening: map[uint32]context.CancelFunc{},
	}
	conn.limit = x.limitRead
	x.turn = newTurn(conn.clientConn, x)
	x.ctx, x.cancel = context.WithCancel(context.Background())
	c.SetPingHandler(func(data string) error { x.onPing(data); return nil })
	c.SetPongHandler(func(string) error { x.onPong(); return nil })
	c.SetCloseHandler(func(code int, _ string) error { x.onClose(code); return nil })
	x.taken.L = &x.mu
	x.mu.Lock()
	defer x.mu.Unlock()
	x.pings = time.AfterFunc(s.opt.KeepAlive, x.beat)
	return x
}

// beat pings the client, and gives it up after two pings without a pong. A
// pong proves the connection; only an acknowledgement proves the application.
// A goodbye that is not taken either is not waited for.
func (x *session) beat() {
	x.mu.Lock()
	next, lost, cut := x.srv.opt.KeepAlive, false, false
	switch {
	case x.over_: // nobody would stop the timer again
		x.mu.Unlock()
		return
	case x.closing != nil:
		next = time.Until(x.cutAt)
		cut = next <= 0
	case x.unanswered >= 2:
		lost = true
	default:
		x.unanswered++
		x.ping = true
	}
	if !cut {
		x.pings.Reset(next)
	}
	x.mu.Unlock()
	switch {
	case cut:
		x.turn.cut()
	case lost:
		x.closeWith(wire.CloseKeepAlive, "no pong for two keep-alives")
	default:
		x.turn.wake()
	}
}

func (x *session) onPing(data string) {
	x.mu.Lock()
	x.pong = &data
	x.mu.Unlock()
	x.turn.wake()
}

func (x *session) onPong() {
	x.mu.Lock()
	x.unanswered = 0
	x.mu.Unlock()
}

// onClose answers a client's close frame with the same code, or with none
// where there was none.
func (x *session) onClose(code int) { x.closeWith(code, "") }

// closeWith says goodbye. The first word counts.
func (x *session) closeWith(code int, text string) {
	x.mu.Lock()
	if x.closing == nil {
		x.closing = &farewell{code, text}
		x.cutAt = time.Now().Add(lingerTime)
		x.taken.Broadcast()
		if !x.over_ {
			x.pings.Reset(lingerTime)
		}
	}
	x.mu.Unlock()
	x.turn.wake()
}

// parting says that goodbye was said: what the client says from now on is not
// heard.
func (x *session) parting() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.closing != nil || x.over_
}

// answersHeld is how many messages to a client, besides events, are held before
// the client's are not read any further.
func (x *session) answersHeld() int { return x.srv.opt.PerConn + 64 }

// await waits until the client has taken what it is answered, so that it can't
// ask for more than it reads. Its pongs are not read meanwhile: it has as much
// time as for those.
func (x *session) await() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for len(x.control) > x.answersHeld() && x.closing == nil && !x.over_ {
		x.taken.Wait()
	}
}

// post queues a message. There can't be more of them than a message of
// maxControl bytes may ask for, and some for each stream: else the connection
// is cut.
func (x *session) post(m wire.Message) {
	x.mu.Lock()
	full := len(x.control) > 4*x.answersHeld()+maxControl/8
	if !full {
		x.control = append(x.control, m)
	}
	x.mu.Unlock()
	if full {
		x.turn.cut()
		return
	}
	x.turn.wake()
}

// lingerTime is how long a client may take to answer a close frame.
const lingerTime = 2 * time.Second

// over implements outlet: nothing will be written any more.
func (x *session) over() {
	x.mu.Lock()
	x.over_ = true
	lanes := x.lanes
	x.lanes, x.finished, x.ready, x.control = nil, nil, nil, nil
	x.taken.Broadcast()
	clean := x.last
	x.pings.Stop()
	x.mu.Unlock()
	x.unpark() // whoever reads sees the end
	x.cancel()
	for _, l := range lanes {
		l.stream.detach(l)
	}
	for _, l := range x.ending { // forgotten already, but what says so was not written
		l.stream.detach(l)
	}
	x.srv.sessions.remove(x)
	if clean && x.conn.finish(lingerTime) {
		return // read closes it when the client has answered
	}
	_ = x.conn.Close()
}
