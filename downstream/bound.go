package downstream

import (
	"net"
	"time"
)

// What the kernel holds of a stream for a client that does not read. Its send
// buffer also holds what is on its way, which a distant client needs: so it is
// not the buffer that is small, but the part of it that is not sent yet.
const (
	unsent     = 4 << 10
	sendBuffer = 128 << 10

	// A connection that takes wideAfter bytes within wideWithin may have more
	// unsent. Few models speak so fast: this is for bulk, which small buffers
	// would slow down. wideAfter is that of package upstream, for the same
	// streams. Of each event wideShare counts: one that is large among those of
	// a model's pace makes no bulk, whose room they would then fill.
	wideAfter  = 48 << 10
	wideShare  = wideAfter / 4
	wideWithin = time.Second / 4
	wideUnsent = 64 << 10
)

// narrow bounds what the kernel holds of a stream, at its beginning.
func (c *clientConn) narrow() {
	t, ok := c.Conn.(*net.TCPConn)
	if !ok || c.unsent == unsent { // as an earlier stream on the connection left it
		return
	}
	_ = t.SetWriteBuffer(sendBuffer)
	limitUnsent(t, unsent)
	c.unsent = unsent
}

// widen lets the kernel hold more.
func (c *clientConn) widen() {
	if t, ok := c.Conn.(*net.TCPConn); ok {
		limitUnsent(t, wideUnsent)
		c.unsent = wideUnsent
	}
}
