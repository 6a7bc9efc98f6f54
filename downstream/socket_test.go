package downstream

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tidegate/stream"
	"tidegate/upstream/sse"
)

// socket is a connection that takes so many bytes and then none, until it is
// given more room.
type socket struct {
	net.Conn
	mu     sync.Mutex
	more   sync.Cond
	room   int
	taken  []byte
	pieces []int // of the writes that did not wait
	dead   bool
}

func newSocket(room int) *socket {
	s := &socket{room: room}
	s.more.L = &s.mu
	return s
}

func (s *socket) give(room int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room += room
	s.more.Broadcast()
}

func (s *socket) take(p []byte) int {
	n := min(len(p), s.room)
	s.room -= n
	s.taken = append(s.taken, p[:n]...)
	return n
}

// Write waits for room.
func (s *socket) Write(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n < len(p) {
		for s.room == 0 && !s.dead {
			s.more.Wait()
		}
		if s.dead {
			return n, net.ErrClosed
		}
		n += s.take(p[n:])
	}
	return n, nil
}

func (s *socket) SetWriteDeadline(time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = true
	s.more.Broadcast()
	return nil
}

// noWait is the socket's other side: it takes what there is room for.
type noWait struct {
	syscall.RawConn
	s *socket
	w *writer
}

func (r noWait) Write(func(uintptr) bool) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.s.pieces = append(r.s.pieces, len(r.w.try.p))
	r.w.try.n = r.s.take(r.w.try.p)
	return nil
}

// writing is a stream that is written to a socket.
type writing struct {
	*stream.Stream
	w    *writer
	s    *socket
	over bool
}

func newWriting(t testing.TB, room int) *writing {
	x := &writing{w: &writer{}, s: newSocket(room)}
	x.w.begin(&clientConn{Conn: x.s, l: &listener{}}, openaiManner, func() { x.over = true })
	x.w.try = tryWriter{raw: noWait{s: x.s, w: x.w}}
	x.Stream = stream.New(stream.Config{Pages: stream.NewPages(4096), Now: time.Now, Raw: 32 << 10})
	r, err := x.Attach(0, stream.NoLimit, x.w.wake)
	if err != nil {
		t.Fatal(err)
	}
	r.TakeDirectly(x.w)
	x.w.reader.Store(r)
	x.w.commit([]byte("HEAD\r\n\r\n"))
	return x
}

func (x *writing) say(t testing.TB, events ...string) {
	t.Helper()
	for _, data := range events {
		if err := x.Append(stream.Event{Data: []byte(data)}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	x.Flush()
}

// decoded are the events in what was written.
func decoded(t fatal, wire []byte) (events []string) {
	_, body, _ := bytes.Cut(wire, []byte("\r\n\r\n"))
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+string(body))), nil)
	if err != nil {
		t.Fatal(err)
	}
	scan := sse.New(resp.Body, sse.Options{})
	var ev sse.Event
	for {
		for scan.Next(&ev) {
			events = append(events, string(ev.Name)+string(ev.Data))
		}
		if err := scan.Fill(); err != nil {
			return events
		}
	}
}

type fatal interface{ Fatal(...any) }
