package sse

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// readFunc is a reader made of a function.
type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestBytesTogetherWithError(t *testing.T) {
	broken := errors.New("reset")
	reads := 0
	s := New(readFunc(func(p []byte) (int, error) {
		reads++
		return copy(p, "data: a\n\ndata: b"), broken
	}), Options{})
	if err := s.Fill(); err != nil {
		t.Fatalf("the error came before its bytes: %v", err)
	}
	var ev Event
	if !s.Next(&ev) || string(ev.Data) != "a" {
		t.Errorf("the bytes that came with the error are missing: %q", ev.Data)
	}
	for range 2 {
		if err := s.Fill(); err != broken {
			t.Errorf("Fill = %v, want the reader's own error", err)
		}
	}
	if reads != 1 {
		t.Errorf("%d reads, want none after the error", reads)
	}
}

func TestReaderErrorAsItIs(t *testing.T) {
	broken := errors.New("reset")
	s := New(iotest.ErrReader(broken), Options{})
	if err := s.Fill(); err != broken {
		t.Errorf("Fill = %v", err)
	}
	s = New(iotest.DataErrReader(strings.NewReader("data: a\n\n")), Options{})
	if err := s.Fill(); err != nil {
		t.Errorf("first Fill = %v", err)
	}
	if err := s.Fill(); err != io.EOF {
		t.Errorf("second Fill = %v", err)
	}
}

func TestNoProgress(t *testing.T) {
	reads := 0
	s := New(readFunc(func([]byte) (int, error) { reads++; return 0, nil }), Options{})
	if err := s.Fill(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("Fill = %v", err)
	}
	if reads != maxEmptyReads {
		t.Errorf("%d reads, want %d", reads, maxEmptyReads)
	}
}

func TestImpossibleCount(t *testing.T) {
	for _, n := range []int{-1, defaultBuffer + 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a count of %d went through", n)
				}
			}()
			_ = New(readFunc(func([]byte) (int, error) { return n, nil }), Options{}).Fill()
		}()
	}
}

// The limit is on the event itself: how it is split and what stands before it
// makes no difference.
func TestMaxEvent(t *testing.T) {
	const limit = 100
	for _, end := range []string{"\n", "\r", "\r\n"} {
		body := "data: " + strings.Repeat("x", limit-6-2*len(end))
		exact, over := body+end+end, body+"x"+end+end
		if end == "\r\n" {
			over = body + "xx" + end + end // its last LF is not waited for
		}
		for _, before := range []string{"", bom, ": ping" + end, "data: a" + end + end, "id: 1" + end + end} {
			for _, n := range []int{1, 3, 7, 50, 1000} {
				for _, buffer := range []int{1, 64, 5000} {
					o := Options{Buffer: buffer, MaxEvent: limit}
					name := fmt.Sprintf("%q before, line end %q, %d bytes a read, buffer %d", before, end, n, buffer)
					fits := every(before+exact, n)
					if got := scan(t, &fits, o); len(got.Events) == 0 || len(got.Events[len(got.Events)-1].Data) != len(body)-6 {
						t.Errorf("%s: an event of exactly the limit did not come through", name)
					}
					tooLarge := every(before+over, n)
					s := New(&tooLarge, o)
					var err error
					for err == nil {
						var ev Event
						for s.Next(&ev) {
							if len(ev.Data) > 1 {
								t.Errorf("%s: an event over the limit came through", name)
							}
						}
						err = s.Fill()
					}
					if !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "100") || strings.Contains(err.Error(), "xx") {
						t.Errorf("%s: Fill = %v", name, err)
					}
					if cap(s.buf) > limit {
						t.Errorf("%s: the buffer grew to %d", name, cap(s.buf))
					}
				}
			}
		}
	}
}

// A stream of heartbeats without a blank line is no large event.
func TestHeartbeatsDoNotAddUp(t *testing.T) {
	in := strings.Repeat(": ping\n", 1000) + "data: a\n\n"
	got := scan(t, strings.NewReader(in), Options{Buffer: 64, MaxEvent: 64})
	if got.Comments != 1000 || len(got.Events) != 1 {
		t.Errorf("%d comments, %d events", got.Comments, len(got.Events))
	}
}

func TestReserve(t *testing.T) {
	large := "data: " + strings.Repeat("x", 1000) + "\n\n"
	small := "data: a\n\n"
	var asked []int
	o := Options{Buffer: 64, Threshold: 256, MaxEvent: 4096, Reserve: func(size int) error {
		asked = append(asked, size)
		return nil
	}}
	p := every(small+large+small+large+": "+large+small, 50)
	got := scan(t, &p, o)
	if len(got.Events) != 5 {
		t.Errorf("%d events", len(got.Events))
	}
	if fmt.Sprint(asked) != "[4096 4096 4096]" { // the last one for the comment
		t.Errorf("reserved %v, want MaxEvent once for each of three", asked)
	}

	asked = nil
	middle := "data: " + strings.Repeat("x", 200) + "\n\n"
	p = every(strings.Repeat(middle, 20), 50)
	if got := scan(t, &p, o); len(got.Events) != 20 || asked != nil {
		t.Errorf("%d events below the threshold, reserved %v", len(got.Events), asked)
	}

	o.Buffer, o.Threshold = 512, 10 // the initial buffer is there anyway and needs no reservation
	p = every(middle+middle, 50)
	if got := scan(t, &p, o); len(got.Events) != 2 || asked != nil {
		t.Errorf("%d events within the initial buffer, reserved %v", len(got.Events), asked)
	}
}

// A reservation that was refused can be asked for again; nothing is read before.
func TestReserveRefused(t *testing.T) {
	refused := errors.New("no room")
	answer := refused
	in := "data: " + strings.Repeat("x", 1000) + "\n\n"
	r := strings.NewReader(in)
	s := New(r, Options{Buffer: 64, Threshold: 256, Reserve: func(int) error { return answer }})
	var err error
	for err == nil {
		err = s.Fill()
	}
	if err != refused {
		t.Fatalf("Fill = %v", err)
	}
	left := r.Len()
	if err := s.Fill(); err != refused || r.Len() != left || cap(s.buf) > 256 {
		t.Errorf("refused again: %v, %d bytes read, buffer %d", err, left-r.Len(), cap(s.buf))
	}
	answer = nil
	if got := scanOn(t, s); len(got) != 1 || len(got[0].Data) != 1000 {
		t.Errorf("after the reservation: %d events", len(got))
	}
}

// scanOn runs a scanner that has begun to its end.
func scanOn(t *testing.T, s *Scanner) []event {
	t.Helper()
	var evs []event
	var ev Event
	for {
		for s.Next(&ev) {
			evs = append(evs, event{string(ev.Name), string(ev.Data)})
		}
		if err := s.Fill(); errors.Is(err, io.EOF) {
			return evs
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// Every byte is searched for LF and for CR once, joined at most once, moved to
// the front at most once and moved by doublings at most twice.
func TestLinear(t *testing.T) {
	const size = 1 << 19
	for _, c := range []struct{ name, in string }{
		{"one line", "data: " + strings.Repeat("x", 8*size) + "\n\n"},
		{"one line, CR", "data: " + strings.Repeat("x", size) + "\r\r"},
		{"short data lines, LF", strings.Repeat("data: x\n", size/8) + "\n"},
		{"short data lines, CR", strings.Repeat("data: x\r", size/8) + "\r"},
		{"short data lines, CRLF", strings.Repeat("data: x\r\n", size/9) + "\r\n"},
		{"short events", strings.Repeat("data: x\n\n", size/9)},
		{"short events, CR", strings.Repeat("data: x\r\r", size/9)},
		{"comments in an event", "event: e\n" + strings.Repeat(": x\n", size/4) + "data: x\n\n"},
		{"blank lines", strings.Repeat("\n", size)},
	} {
		for _, n := range []int{1, 100, 4096, 9 * size} {
			in := c.in
			if n == 1 && c.name != "one line" {
				in = in[:size/16] // reads of one byte are slow under the race detector
			}
			p := every(in, n)
			s := New(&p, Options{})
			var ev Event
			for err := error(nil); err == nil; err = s.Fill() {
				for s.Next(&ev) {
				}
			}
			if limit := uint64(7*len(in) + 10000); s.work > limit || s.work < uint64(len(in)) {
				t.Errorf("%s, %d bytes a read: %d bytes looked at or moved for %d bytes of input", c.name, n, s.work, len(in))
			}
		}
	}
}
