package downstream

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
)

// violation is what a client did against the protocol: it is told, and its
// connection closed.
type violation struct {
	code int
	text string
}

func (v *violation) Error() string { return v.text }

func violated(format string, args ...any) error {
	return &violation{wire.CloseProtocol, fmt.Sprintf(format, args...)}
}

// part says goodbye, if there is anybody left to hear it, and ends the
// connection.
func (x *session) part(err error) {
	defer func() { _ = x.conn.Close() }()
	defer x.turn.hangUp() // so that the session is over, whatever was written
	var v *violation
	var closed *websocket.CloseError
	var network net.Error
	switch {
	case errors.As(err, &v):
		x.closeWith(v.code, clipReason(v.text))
	case errors.As(err, &closed) && closed.Code != websocket.CloseAbnormalClosure:
		// onClose has answered
	case errors.As(err, &network) && network.Timeout() && !x.parting():
		x.closeWith(wire.CloseProtocol, "a message did not arrive in time")
	case closed != nil || network != nil || errors.Is(err, io.EOF):
		return
	case errors.Is(err, websocket.ErrReadLimit):
		x.closeWith(websocket.CloseMessageTooBig, "")
	default: // a violation of RFC 6455
		x.closeWith(websocket.CloseProtocolError, "")
	}
	x.drainRead()
}

// drainRead reads on for a moment, so that the client can read the close
// frame: what is not read when a connection is closed resets it.
func (x *session) drainRead() {
	_ = x.conn.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.CopyN(io.Discard, x.conn, 1<<20)
}

// clipReason keeps a close frame's reason within its 123 bytes (RFC 6455
// section 5.5).
func clipReason(text string) string {
	const longest = 120
	for len(text) > longest || !utf8.ValidString(text) {
		text = text[:min(len(text)-1, longest)]
	}
	return text
}
