package transport

import "golang.org/x/sys/unix"

// delayAcks has what comes in from now on acknowledged late, as [acks] decides,
// or what is not acknowledged now, and what comes then at once. Linux goes back
// to that by itself when a timer has sent what was late: see tcp(7), TCP_QUICKACK.
func delayAcks(fd uintptr, late bool) {
	quick := 1
	if late {
		quick = 0
	}
	_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, quick)
}
