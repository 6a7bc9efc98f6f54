package main

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// badLine is a line between clients and a gateway that breaks: it cuts
// connections at any byte, resets them, and is slow. What happens follows from
// its seed and the order in which connections come.
type badLine struct {
	to       string
	listener net.Listener
	seed     uint64
	fate     func(l *badLine) (out, in fate) // nil: what the seed says
	broken   atomic.Int64                    // connections that it broke
	all      sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	count uint64
	over  bool
}

func newBadLine(t testing.TB, to string, seed uint64) *badLine {
	l := &badLine{to: to, listener: loopback(t), seed: seed, conns: map[net.Conn]struct{}{}}
	l.all.Go(l.accept)
	t.Cleanup(l.close)
	return l
}

// newDeadLine is a line whose first connections go dead, one after the other,
// once the gateway has sent so many bytes.
func newDeadLine(t testing.TB, to string, after int) *badLine {
	l := &badLine{to: to, listener: loopback(t), conns: map[net.Conn]struct{}{}}
	left := after
	l.fate = func(*badLine) (out, in fate) {
		l.mu.Lock()
		defer l.mu.Unlock()
		out, in = fate{cut: -1}, fate{cut: -1}
		if left > 0 {
			in = fate{cut: left, hang: true}
		}
		left -= after / 2
		return out, in
	}
	l.all.Go(l.accept)
	t.Cleanup(l.close)
	return l
}

func (l *badLine) url() string { return "http://" + l.listener.Addr().String() }

func (l *badLine) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.all.Go(func() { l.carry(near) })
	}
}

func (l *badLine) close() {
	_ = l.listener.Close()
	l.mu.Lock()
	l.over = true
	for c := range l.conns {
		_ = c.Close()
	}
	l.mu.Unlock()
	l.all.Wait()
}

// keep makes close close a connection, too.
func (l *badLine) keep(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[c] = struct{}{}
	if l.over {
		_ = c.Close()
	}
}

func (l *badLine) drop(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	_ = c.Close()
}

// fate is what happens to one direction of a connection.
type fate struct {
	cut   int // after so many bytes; -1: never
	reset bool
	hang  bool          // what follows the cut is lost, and nobody is told
	delay time.Duration // before each piece
	piece int           // bytes written at once; 0: all
}

func (l *badLine) fates() (out, in fate) {
	l.mu.Lock()
	l.count++
	r := rand.New(rand.NewPCG(l.seed, l.count))
	l.mu.Unlock()
	one := func(most int) fate {
		f := fate{cut: -1}
		if r.IntN(3) > 0 {
			f.cut = r.IntN(1 + r.IntN(most))
			f.reset = r.IntN(2) == 0
		}
		switch r.IntN(8) {
		case 0:
			f.delay = time.Duration(r.IntN(2000)) * time.Microsecond
		case 1:
			f.piece = 1 + r.IntN(16)
		}
		return f
	}
	return one(8 << 10), one(64 << 10)
}

func (l *badLine) carry(near net.Conn) {
	l.keep(near)
	defer l.drop(near)
	far, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	l.keep(far)
	defer l.drop(far)
	choose := (*badLine).fates
	if l.fate != nil {
		choose = l.fate
	}
	out, in := choose(l)
	var both sync.WaitGroup
	both.Go(func() { l.pass(far, near, out) })
	both.Go(func() { l.pass(near, far, in) })
	both.Wait()
}

// pass carries bytes in one direction.
func (l *badLine) pass(to, from net.Conn, f fate) {
	buf := make([]byte, 4<<10)
	for left := f.cut; ; {
		n, err := from.Read(buf)
		p := buf[:n]
		if f.cut >= 0 && n > left {
			p = p[:left]
		}
		left -= len(p)
		for len(p) > 0 {
			piece := p
			if f.piece > 0 {
				piece = p[:min(f.piece, len(p))]
			}
			if f.delay > 0 {
				time.Sleep(f.delay) // it is this line that is slow, nothing is waited for
			}
			if _, err := to.Write(piece); err != nil {
				break
			}
			p = p[len(piece):]
		}
		switch {
		case f.cut >= 0 && left == 0:
			l.broken.Add(1)
			if f.hang {
				_, _ = io.Copy(io.Discard, from)
				return
			}
			l.cut(to, f.reset)
			l.cut(from, f.reset)
			return
		case err != nil:
			if tcp, ok := to.(*net.TCPConn); ok && err == io.EOF {
				_ = tcp.CloseWrite()
			} else {
				_ = to.Close()
			}
			return
		}
	}
}

func (l *badLine) cut(c net.Conn, reset bool) {
	if tcp, ok := c.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}
