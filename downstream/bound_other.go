//go:build !linux

package downstream

import "net"

// limitUnsent makes the whole send buffer small, where the part of it that is
// not sent can't be bounded by itself.
func limitUnsent(t *net.TCPConn, size int) { _ = t.SetWriteBuffer(2 * size) }
