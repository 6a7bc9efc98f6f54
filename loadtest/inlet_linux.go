package loadtest

import (
	"encoding/binary"
	"errors"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// inlet is what a poller reads into.
type inlet struct{ buf, control []byte }

// atOnce is how much is read at once, in bytes.
const atOnce = 64 << 10

func newInlet() inlet { return inlet{make([]byte, atOnce), make([]byte, 64)} }

// receive is recvmsg(2), for a socket that does not block: the scheduler need
// not know of it, as it would have to of unix.Recvmsg.
func (i *inlet) receive(fd int) (n, noted int, err error) {
	v := unix.Iovec{Base: &i.buf[0]}
	v.SetLen(len(i.buf))
	m := unix.Msghdr{Iov: &v, Control: &i.control[0]}
	m.SetIovlen(1)
	m.SetControllen(len(i.control))
	r, _, failed := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&m)), unix.MSG_DONTWAIT)
	if failed != 0 {
		return 0, 0, failed
	}
	return int(r), int(m.Controllen), nil
}

// send is send(2) without waiting: n may be less than there is.
func send(fd int, p []byte) (n int, err error) {
	for n < len(p) {
		r, _, failed := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&p[n])), uintptr(len(p)-n), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch {
		case failed == 0:
			n += int(r)
		case errors.Is(failed, unix.EAGAIN):
			return n, nil
		case !errors.Is(failed, unix.EINTR):
			return n, failed
		}
	}
	return n, nil
}

// stamp is when the kernel received what was read last (socket(7),
// SO_TIMESTAMPNS), or else now.
func stamp(control []byte, now time.Time) time.Time {
	const header = 16 // of struct cmsghdr, where pointers have 64 bits
	if len(control) < header+16 || unsafe.Sizeof(uintptr(0)) != 8 ||
		binary.NativeEndian.Uint32(control[8:]) != unix.SOL_SOCKET || binary.NativeEndian.Uint32(control[12:]) != unix.SO_TIMESTAMPNS {
		return now
	}
	at := time.Unix(int64(binary.NativeEndian.Uint64(control[header:])), int64(binary.NativeEndian.Uint64(control[header+8:])))
	// In the terms of the clock that does not jump.
	if age := now.Sub(at); age > 0 && age < time.Minute {
		return now.Add(-age)
	}
	return now
}
