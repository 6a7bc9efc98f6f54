package downstream

import (
	"bytes"
	"time"
)

// giveBack lets net/http serve another request on a connection, once there is
// one: to net/http it is a new connection, whose first header has to be there
// within headerTimeout.
func (l *listener) giveBack(c *clientConn) { go l.await(c) }

func (l *listener) await(c *clientConn) {
	begins := l.wait(c) && c.begins(l.idleTimeout)
	if !l.waited(c) || !begins {
		_ = c.Close()
		return
	}
	select {
	case l.back <- c:
	case <-l.done:
		_ = c.Close()
	}
}

// wait and waited say that Close has to close c, and that it has no longer; or
// that it has come before.
func (l *listener) wait(c *clientConn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == nil {
		return false
	}
	l.waiting[c] = struct{}{}
	return true
}

func (l *listener) waited(c *clientConn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, c)
	return l.waiting != nil
}

// begins waits for a request's first byte, and reports whether it has come.
// Empty lines before it are not part of it (RFC 9112 section 2.2): some clients
// send one behind a body.
func (c *clientConn) begins(within time.Duration) bool {
	c.ahead = bytes.TrimLeft(c.ahead, "\r\n")
	if len(c.ahead) > 0 {
		return true
	}
	if c.SetReadDeadline(time.Now().Add(within)) != nil {
		return false
	}
	var first [1]byte
	for len(c.ahead) == 0 {
		n, err := c.Conn.Read(first[:])
		c.ahead = bytes.TrimLeft(first[:n], "\r\n")
		if err != nil {
			return false
		}
	}
	return c.SetReadDeadline(time.Time{}) == nil
}
