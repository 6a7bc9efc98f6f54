//go:build unix

package downstream

import "syscall"

func (t *tryWriter) once(fd uintptr) bool {
	for {
		n, err := syscall.Write(int(fd), t.p)
		switch err {
		case nil:
			t.n = n
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
		default:
			t.err = err
		}
		return true
	}
}
