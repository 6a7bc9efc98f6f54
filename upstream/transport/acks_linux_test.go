package transport

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

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
	next, back := make(chan bool), make(chan int, 1)
	done := sync.OnceFunc(func() { close(next) })
	defer done()
	url := serve(t, func(p *peer) {
		for range next {
			time.Sleep(time.Millisecond) // the read is to wait
			_, _ = p.Write(make([]byte, 100))
		}
		_ = rawOf(p.Conn).Control(func(fd uintptr) {
			if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
				back <- int(info.Segs_in)
			}
		})
		close(back)
		p.gone()
	})
	stream, err := net.Dial("tcp", url[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(target{}, stream, 512)
	defer c.close()
	c.allowance = -1
	c.acks = acks{span: 1, prompt: 1}
	if !late {
		c.acks = acks{span: 4 * tokens, prompt: 2 * tokens}
	}
	ok = true
	last := time.Now()
	for range tokens {
		next <- true
		if _, err := io.ReadFull(c.in, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		ok = ok && now.Sub(last) < lateGap/2
		last = now
	}
	done()
	n, told := <-back
	if !told {
		t.Fatal("the system does not say how many packets it was sent")
	}
	return n, ok
}
