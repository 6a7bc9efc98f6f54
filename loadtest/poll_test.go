package loadtest

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// heard is a reader that takes everything up to a length, or the end.
type heard struct {
	text  string
	want  int
	err   error
	piece chan struct{} // told of what came; nil is not
}

func (h *heard) came(p []byte, err error, _ time.Time) (over bool) {
	if h.text += string(p); err != nil {
		h.err = err
	}
	if len(p) > 0 && h.piece != nil {
		h.piece <- struct{}{}
	}
	return err != nil || len(h.text) == h.want
}

// pair is a connection's two ends.
func pair(t *testing.T, d net.Dialer) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if near, err = d.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

// A connection can be read, left alone, and read again, whoever reads it.
func TestFollow(t *testing.T) {
	p, err := newPoller(0)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for name, ends := range map[string]func(*testing.T, net.Dialer) (net.Conn, net.Conn){
		"tcp": pair, "another": func(*testing.T, net.Dialer) (net.Conn, net.Conn) { return net.Pipe() },
	} {
		t.Run(name, func(t *testing.T) {
			near, far := ends(t, net.Dialer{})
			l := &line{conn: &conn{Conn: near, raw: near, silence: time.Minute}}
			for range 3 {
				h := &heard{want: 4}
				go func() { _, _ = io.WriteString(far, "ab"); _, _ = io.WriteString(far, "cd") }()
				if p.follow(l, h); h.text != "abcd" || h.err != nil {
					t.Fatalf("%q %v", h.text, h.err)
				}
			}
			_ = far.Close()
			h := &heard{want: 1}
			if p.follow(l, h); h.err != io.EOF || h.text != "" {
				t.Errorf("%q %v", h.text, h.err)
			}
			if l.received() != 12 {
				t.Errorf("%d bytes", l.received())
			}
			l.kill()
		})
	}
}

// What is closed on this side is not waited for, and silence has an end.
func TestFollowEnds(t *testing.T) {
	p, err := newPoller(0)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	near, far := pair(t, net.Dialer{})
	l := &line{conn: &conn{Conn: near, raw: near, silence: time.Minute}}
	h := &heard{want: 2, piece: make(chan struct{}, 1)}
	go func() {
		_, _ = io.WriteString(far, "a")
		<-h.piece
		l.kill()
	}()
	if p.follow(l, h); h.err == nil {
		t.Error("its end was not told")
	}
	h.err = nil
	if p.follow(l, h); h.err == nil {
		t.Error("a closed connection was read")
	}
	near, _ = pair(t, net.Dialer{})
	l = &line{conn: &conn{Conn: near, raw: near, silence: time.Millisecond}}
	h = &heard{want: 1}
	if p.follow(l, h); !isTimeout(h.err) {
		t.Error(h.err)
	}
	l.kill()
	if _, err := l.conn.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
