package loadtest

import (
	"encoding/binary"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestStamp(t *testing.T) {
	now := time.Now()
	control := func(kind uint32, at time.Time) []byte {
		p := make([]byte, 32)
		binary.NativeEndian.PutUint64(p, 32)
		binary.NativeEndian.PutUint32(p[8:], unix.SOL_SOCKET)
		binary.NativeEndian.PutUint32(p[12:], kind)
		binary.NativeEndian.PutUint64(p[16:], uint64(at.Unix()))
		binary.NativeEndian.PutUint64(p[24:], uint64(at.Nanosecond()))
		return p
	}
	early := now.Add(-3 * time.Millisecond)
	for _, c := range []struct {
		name    string
		control []byte
		want    time.Time
	}{
		{"noted by the kernel", control(unix.SO_TIMESTAMPNS, early), early},
		{"nothing noted", nil, now},
		{"something else", control(unix.SO_TIMESTAMPNS+1, early), now},
		{"in the future", control(unix.SO_TIMESTAMPNS, now.Add(time.Second)), now},
		{"a clock that was set", control(unix.SO_TIMESTAMPNS, now.Add(-time.Hour)), now},
	} {
		if got := stamp(c.control, now); got.Sub(c.want).Abs() > time.Microsecond {
			t.Errorf("%s: %v before now", c.name, now.Sub(got))
		}
	}
}

// What the kernel notes is when bytes came, however long nobody reads them.
func TestReceive(t *testing.T) {
	near, far := pair(t, net.Dialer{})
	raw, err := near.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	p := inlet{make([]byte, 16), make([]byte, 64)}
	_ = raw.Control(func(fd uintptr) {
		if err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
			t.Fatal(err)
		}
		if n, _, err := p.receive(int(fd)); err != unix.EAGAIN || n != 0 {
			t.Errorf("%d bytes of none, %v", n, err)
		}
		for deadline := time.Now().Add(time.Minute); ; {
			before := time.Now()
			if _, err := far.Write([]byte("x")); err != nil {
				t.Error(err)
			}
			after := time.Now()
			time.Sleep(20 * time.Millisecond) // it is the reader that is late
			n, noted, err := p.receive(int(fd))
			if noted == 0 && err == nil && after.Before(deadline) {
				continue // the kernel has not begun to note times yet
			}
			at := stamp(p.control[:noted], time.Now())
			if n != 1 || err != nil || at.Before(before.Add(-time.Millisecond)) || at.After(after.Add(time.Millisecond)) {
				t.Errorf("%d bytes, %v, %v after they were sent", n, err, at.Sub(after))
			}
			return
		}
	})
}
