package transport

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// rcvbufLock is SOCK_RCVBUF_LOCK (linux/socket.h).
const rcvbufLock = 2

// The system leaves a receive buffer as it was set, once connected: one that it
// tunes itself has megabytes.
func TestReceiveBufferIsLocked(t *testing.T) {
	tr := newTransport(t, Options{ReceiveWindow: 4096})
	resp := open(t, t.Context(), tr, serveStill(t, begun))
	defer func() { _ = resp.Body.Close() }()
	raw := rawOf(inner(resp.Body.(*body).conn.tcp))
	var locks int
	var failed error
	err := raw.Control(func(fd uintptr) {
		locks, failed = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_BUF_LOCK)
	})
	if err != nil || failed != nil && !errors.Is(failed, unix.ENOPROTOOPT) {
		t.Fatal(err, failed)
	}
	if failed == nil && locks&rcvbufLock == 0 {
		t.Error("the buffer is not locked")
	}
}

// Fewer packets go back to a server whose tokens are acknowledged late.
func TestDelayedAcks(t *testing.T) {
	const tokens = 300
	packets := func(late bool) int {
		for range 5 {
			if n, ok := packetsBack(t, tokens, late); ok {
				return n
			}
		}
		t.Skip("the machine is too busy: there was a gap in each of five runs")
		return 0
	}
	prompt, late := packets(false), packets(true)
	t.Logf("%d tokens: %d packets back, %d if late", tokens, prompt, late)
	if prompt < tokens || late > tokens*2/3 {
		t.Errorf("%d tokens made for %d packets back, and %d if they are acknowledged late", tokens, prompt, late)
	}
}

// packetsBack reads so many tokens, each of which it waits for, and counts what
// their server was sent. ok: there was no gap between any two.
func packetsBack(t *testing.T, tokens int, late bool) (n int, ok bool) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	mine, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(target{}, mine, 512)
	defer c.close()
	theirs, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = theirs.Close() }()

	c.allowance = -1
	c.acks = acks{span: 1}
	if !late {
		c.acks = acks{span: 4 * tokens, prompt: 2 * tokens}
	}
	ok = true
	last := time.Now()
	for range tokens {
		sent := make(chan error, 1)
		time.AfterFunc(time.Millisecond, func() { // the read is to wait
			_, err := theirs.Write(make([]byte, 100))
			sent <- err
		})
		if _, err := io.ReadFull(c.in, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		ok = ok && now.Sub(last) < lateGap/2
		last = now
	}
	var info *unix.TCPInfo
	if err := rawOf(theirs).Control(func(fd uintptr) {
		info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	}); err != nil || info == nil {
		t.Fatal(err)
	}
	return int(info.Segs_in), ok
}
