package downstream

import (
	"net"
	"syscall"
)

// tryWriter writes to a connection as much as it takes without waiting.
type tryWriter struct {
	raw syscall.RawConn
	p   []byte
	n   int
	err error
	do  func(fd uintptr) bool
}

func newTryWriter(conn net.Conn) tryWriter {
	var t tryWriter
	if c, ok := conn.(syscall.Conn); ok {
		t.raw, _ = c.SyscallConn()
	}
	return t
}

// write returns how much was written. Nothing, without an error, says that
// the connection takes nothing now.
func (t *tryWriter) write(p []byte) (int, error) {
	if t.raw == nil {
		return 0, nil
	}
	if t.do == nil {
		t.do = t.once
	}
	t.p, t.n, t.err = p, 0, nil
	err := t.raw.Write(t.do)
	t.p = nil
	if err != nil {
		return 0, err
	}
	return t.n, t.err
}
