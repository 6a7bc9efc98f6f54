//go:build linux || darwin

package transport

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// feed is the socket of a connection in one goroutine: whoever would wait for
// input gets the next piece of it instead, if waiting is allowed.
type feed struct {
	t       fatal
	r, w    int
	pieces  [][]byte // after the last one the connection ends
	waiting bool     // waiting is allowed
	waits   int
	page    func() bool // whether a page is held
}

type fatal interface {
	Fatal(...any)
	Fatalf(string, ...any)
}

func newFeed(t fatal, pieces ...[]byte) *feed {
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	if err := syscall.SetNonblock(fds[0], true); err != nil {
		t.Fatal(err)
	}
	return &feed{t: t, r: fds[0], w: fds[1], pieces: pieces}
}

func (f *feed) close() {
	_ = syscall.Close(f.r)
	if f.w >= 0 {
		_ = syscall.Close(f.w)
	}
}

// Read implements syscall.RawConn.
func (f *feed) Read(try func(fd uintptr) bool) error {
	for !try(uintptr(f.r)) {
		if !f.waiting {
			f.t.Fatal("waits for more where it must not")
		}
		if f.page() {
			f.t.Fatal("holds a page while it waits")
		}
		f.waits++
		if len(f.pieces) == 0 {
			_ = syscall.Close(f.w)
			f.w = -1
			continue
		}
		if _, err := syscall.Write(f.w, f.pieces[0]); err != nil {
			f.t.Fatal(err)
		}
		f.pieces = f.pieces[1:]
	}
	return nil
}

func (f *feed) Control(do func(fd uintptr)) error { do(uintptr(f.r)); return nil }
func (f *feed) Write(func(fd uintptr) bool) error { return syscall.ENOTSUP }

// body is a response's body that comes through the feed.
func (f *feed) body(ctx context.Context, chunks bool) *body {
	c := &conn{stream: noConn{}, tcp: noConn{}, allowance: -1, raw: f}
	c.try, f.page = c.once, func() bool { return c.page != nil }
	c.in = bufio.NewReaderSize(c, 512)
	b := &body{src: c.in, conn: c, ctx: ctx, stop: func() bool { return true }, idle: &idle{max: 1, maxPerHost: 1, timeout: time.Hour}}
	if chunks {
		b.chunks = &chunked{c: c}
		b.src = b.chunks
	}
	return b
}

// noConn is nothing behind a connection.
type noConn struct{ net.Conn }

func (noConn) Close() error { return nil }

// read reads a body as a stream does: it waits with no buffer in its hand, and
// then takes what is there without waiting. size is how much it takes at once.
func (f *feed) read(b *body, size func() int) (got []byte, err error) {
	for {
		f.waiting = true
		b.Wait()
		f.waiting = false
		for first := true; first || b.Ready(); first = false {
			p := make([]byte, size())
			var n int
			if n, err = b.Read(p); err != nil {
				return append(got, p[:n]...), err
			}
			if n == 0 {
				f.t.Fatal("nothing was read though something had come")
			}
			got = append(got, p[:n]...)
		}
	}
}

// split cuts text into pieces of the drawn sizes.
func split(text string, size func() int) (pieces [][]byte) {
	for len(text) > 0 {
		n := min(len(text), size())
		pieces = append(pieces, []byte(text[:n]))
		text = text[n:]
	}
	return pieces
}

// A body that ends with its connection, and one whose length is known, never
// wait where they must not either.
func TestWaitWithoutChunks(t *testing.T) {
	text := "data: some text\n\ndata: some more\n\n"
	for _, known := range []bool{false, true} {
		for at := 1; at < len(text); at++ {
			f := newFeed(t, []byte(text[:at]), []byte(text[at:]))
			b := f.body(t.Context(), false)
			if known {
				b.src = &exact{b.conn.in, len(text)}
			}
			got, err := f.read(b, func() int { return 7 })
			if string(got) != text || err != io.EOF {
				t.Fatalf("cut at %d: %q, %v", at, got, err)
			}
			if want := map[bool]int{true: 2, false: 3}[known]; f.waits != want { // a page for each piece
				t.Errorf("cut at %d: waited %d times, want %d", at, f.waits, want)
			}
			f.close()
		}
	}
}

// exact is net/http's way with a known length: the end comes with the last byte.
type exact struct {
	r    io.Reader
	left int
}

func (e *exact) Read(p []byte) (int, error) {
	n, err := e.r.Read(p[:min(len(p), e.left)])
	if e.left -= n; e.left == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

// What has come together is read together, though a page holds a part of it
// only: the stream waits once.
func TestFullPagesAreReadOn(t *testing.T) {
	for _, chunks := range []bool{false, true} {
		text := strings.Repeat("data: some text\n\n", 3*pageSize/17)
		sent := text
		if chunks {
			sent = fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(text), text)
		}
		f := newFeed(t, []byte(sent))
		b := f.body(t.Context(), chunks)
		got, err := f.read(b, func() int { return 16 << 10 })
		if string(got) != text || err != io.EOF {
			t.Errorf("chunks %v: %d bytes of %d, %v", chunks, len(got), len(text), err)
		}
		if want := map[bool]int{true: 1, false: 2}[chunks]; f.waits != want { // once more for the end
			t.Errorf("chunks %v: waited %d times, want %d", chunks, f.waits, want)
		}
		f.close()
	}
}
