package sse

import (
	"runtime"
	"strings"
	"testing"
	"weak"
)

// nextOf fills s until it has an event.
func nextOf(t *testing.T, s *Scanner) Event {
	t.Helper()
	var ev Event
	for !s.Next(&ev) {
		if err := s.Fill(); err != nil {
			t.Fatal(err)
		}
	}
	return ev
}

// freed tells whether nothing holds p any more.
func freed(p weak.Pointer[byte]) bool {
	runtime.GC()
	return p.Value() == nil
}

func TestRelease(t *testing.T) {
	large := strings.Repeat("x", 1<<20)
	s := New(strings.NewReader("event: e\ndata: "+large+"\n\ndata: a\n\ndata: b\n\n"), Options{})
	if got := nextOf(t, s); string(got.Data) != large {
		t.Fatalf("%d bytes", len(got.Data))
	}
	before := weak.Make(&s.buf[0])
	s.Release()
	if cap(s.buf) != defaultBuffer {
		t.Errorf("the buffer has %d bytes after Release", cap(s.buf))
	}
	if !freed(before) {
		t.Error("the large buffer is still held")
	}
	now := &s.buf[:1][0]
	s.Release()
	if now != &s.buf[:1][0] {
		t.Error("a second Release allocated again")
	}
	if a, b := string(nextOf(t, s).Data), string(nextOf(t, s).Data); a != "a" || b != "b" {
		t.Errorf("then came %q and %q", a, b)
	}
}

// Without a call of Release a buffer above the threshold goes with the next read.
func TestReleaseByItself(t *testing.T) {
	for _, large := range []string{
		"data: " + strings.Repeat("x", 1<<20) + "\n\n",
		": " + strings.Repeat("x", 1<<20) + "\n",
		"event: e\nid: " + strings.Repeat("x", 1<<20) + "\n\n",
	} {
		p := pieces{large, "data: a\n\n", "data: b\n\n"}
		s := New(&p, Options{})
		for string(nextOf(t, s).Data) != "a" {
		}
		nextOf(t, s)
		if cap(s.buf) != defaultBuffer {
			t.Errorf("%.10q...: the buffer still has %d bytes", large, cap(s.buf))
		}
	}
}

// What is unread when the buffer shrinks may itself be more than the initial
// buffer, in the middle of a line, a CRLF or a joined event.
func TestReleaseAtAnyByte(t *testing.T) {
	in := "event: e\r\ndata: " + strings.Repeat("x", 100) + "\r\ndata: y\r\n\r\nevent: f\r\ndata: a\r\ndata: b\r\n\r\ndata: " + strings.Repeat("z", 50) + "\n\n"
	want := model(in)
	for i := range len(in) {
		p := pieces{in[:i], in[i:]}
		s := New(&p, Options{Buffer: 8})
		var got []event
		var ev Event
		for {
			for s.Next(&ev) {
				got = append(got, event{string(ev.Name), string(ev.Data)})
				s.Release()
			}
			s.Release()
			if s.Fill() != nil {
				break
			}
		}
		if len(got) != 3 || got[0] != want.Events[0] || got[1] != want.Events[1] || got[2] != want.Events[2] {
			t.Errorf("cut at %d: %q", i, got)
		}
	}
}

func TestTakeLarge(t *testing.T) {
	large := strings.Repeat("x", 10000)
	p := pieces{"event: e\ndata: " + large + "\n\nevent: f\nda", "ta: a\n\n"}
	s := New(&p, Options{})
	ev := nextOf(t, s)
	at := &ev.Data[0]
	held := s.Take(&ev)
	if at != &ev.Data[0] {
		t.Error("a large event was copied")
	}
	if held < len(ev.Data) || held > 4*len(ev.Data)+maxName {
		t.Errorf("an event of %d bytes holds %d", len(ev.Data), held)
	}
	if cap(s.buf) != defaultBuffer {
		t.Errorf("the scanner goes on with %d bytes", cap(s.buf))
	}
	next := nextOf(t, s)
	if string(next.Name) != "f" || string(next.Data) != "a" {
		t.Errorf("the next event is %q %q", next.Name, next.Data)
	}
	if string(ev.Name) != "e" || string(ev.Data) != large {
		t.Errorf("the taken event has changed: %q, %d bytes", ev.Name, len(ev.Data))
	}
}

// A small event must not pin the buffer that a large one left.
func TestTakeSmall(t *testing.T) {
	in := "data: " + strings.Repeat("x", 1<<20) + "\n\nevent: e\ndata: a\n\nevent: f\ndata: b\n\n"
	s := New(strings.NewReader(in), Options{})
	nextOf(t, s)
	buf := weak.Make(&s.buf[0])
	ev := nextOf(t, s)
	if held := s.Take(&ev); held > 64 {
		t.Errorf("an event of one byte holds %d", held)
	}
	next := nextOf(t, s)
	if string(next.Name) != "f" || string(next.Data) != "b" {
		t.Errorf("the next event is %q %q", next.Name, next.Data)
	}
	next = Event{}
	s.Release()
	if !freed(buf) {
		t.Error("the large buffer is still held")
	}
	if string(ev.Name) != "e" || string(ev.Data) != "a" {
		t.Errorf("the taken event has changed: %q %q", ev.Name, ev.Data)
	}
	runtime.KeepAlive(s)
	runtime.KeepAlive(next)
}

// Events taken one after the other out of one large buffer are copied or given
// away, never the whole rest for each.
func TestTakeIsLinear(t *testing.T) {
	in := "data: " + strings.Repeat("x", 4<<20) + "\n\n" + strings.Repeat("data: "+strings.Repeat("y", 5000)+"\n\n", 700)
	s := New(strings.NewReader(in), Options{})
	var ev Event
	events := 0
	for err := error(nil); err == nil; err = s.Fill() {
		for s.Next(&ev) {
			events++
			s.Take(&ev)
		}
	}
	if events != 701 || s.work > uint64(8*len(in)) {
		t.Errorf("%d events, %d bytes looked at or moved for %d bytes of input", events, s.work, len(in))
	}
}
