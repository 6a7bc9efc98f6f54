package sse

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNewHoldsNoBuffer(t *testing.T) {
	if s := New(strings.NewReader("data: a\n\n"), Options{}); s.buf != nil || s.lent != nil {
		t.Error("a buffer before there is anything to read")
	}
}

// A stream that waits holds no buffer; in the middle of an event it keeps it.
func TestIdle(t *testing.T) {
	p := pieces{"data: a\n\n", "data: b\n\nda", "ta: c\n\n"}
	s := New(&p, Options{Buffer: 64})
	for i, want := range []string{"a", "b", "c"} {
		s.Idle() // before the last one: part of it is there
		if held := i == 2; held != (s.buf != nil) || held != (s.lent != nil) {
			t.Errorf("before %q: %d bytes held", want, cap(s.buf))
		}
		if got := nextOf(t, s); string(got.Data) != want {
			t.Fatalf("got %q, want %q", got.Data, want)
		}
	}
	s.Idle()
	s.Idle()
	if s.buf != nil || s.lent != nil {
		t.Error("a buffer is held after everything")
	}
}

// A buffer given back is another scanner's: what is pending must not be in it,
// and one that has grown, or was given away with its event, is not lent.
func TestIdleLendsOnlyWhatIsWhole(t *testing.T) {
	large := "data: " + strings.Repeat("x", 100) + "\n\n"
	p := pieces{large, "data: a\n\n"}
	s := New(&p, Options{Buffer: 64})
	nextOf(t, s)
	s.Idle()
	if cap(s.buf) != 128 {
		t.Errorf("the grown buffer has become %d bytes", cap(s.buf))
	}
	s.Release()
	s.Idle()
	if cap(s.buf) != 0 {
		t.Errorf("%d bytes held after Release and Idle", cap(s.buf))
	}

	p = pieces{"data: " + strings.Repeat("y", 50) + "\n\n", "data: b\n\n"}
	s = New(&p, Options{Buffer: 64})
	ev := nextOf(t, s)
	s.Take(&ev)
	s.Idle()
	other := pieces{"data: " + strings.Repeat("z", 50) + "\n\n"}
	nextOf(t, New(&other, Options{Buffer: 64}))
	if string(ev.Data) != strings.Repeat("y", 50) {
		t.Errorf("an event that was taken is now %q", ev.Data)
	}
}

// Several scanners take turns with few buffers, idle whenever they may: none
// sees another's bytes.
func TestIdleScannersDoNotMix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const scanners = 3
		var all [scanners]*Scanner
		var want, got [scanners][]string
		for i := range all {
			var text strings.Builder
			for range rapid.IntRange(1, 6).Draw(t, "events") {
				data := strings.Repeat(string(rune('a'+i)), rapid.IntRange(1, 90).Draw(t, "size"))
				want[i] = append(want[i], data)
				text.WriteString("data: " + data + "\n\n")
			}
			var p pieces
			for rest := text.String(); rest != ""; {
				n := min(len(rest), rapid.IntRange(1, 60).Draw(t, "piece"))
				p, rest = append(p, rest[:n]), rest[n:]
			}
			all[i] = New(&p, Options{Buffer: 32})
		}
		var over [scanners]bool
		for over != [scanners]bool{true, true, true} {
			i := rapid.IntRange(0, scanners-1).Draw(t, "who")
			s := all[i]
			s.Idle()
			if s.Fill() != nil {
				over[i] = true
				continue
			}
			var ev Event
			for s.Next(&ev) {
				if rapid.Bool().Draw(t, "take") {
					s.Take(&ev)
				}
				got[i] = append(got[i], string(ev.Data))
			}
		}
		for i := range all {
			if strings.Join(got[i], ",") != strings.Join(want[i], ",") {
				t.Fatalf("scanner %d:\n got %q\nwant %q", i, got[i], want[i])
			}
		}
	})
}

// Idle and Fill cost no allocation: one goes with every wait of every stream.
func TestIdleAllocatesNothing(t *testing.T) {
	s := New(readFunc(func(p []byte) (int, error) { return copy(p, "data: a\n\n"), nil }), Options{})
	var ev Event
	allocs := testing.AllocsPerRun(1000, func() {
		s.Idle()
		if s.Fill() != nil || !s.Next(&ev) {
			t.Fatal("no event")
		}
	})
	// the pool may lose its buffers to a collection, and with the race
	// detector does so at random
	if allocs > 1 {
		t.Errorf("%v allocations a wait", allocs)
	}
}

// A stream that is given up gives its buffer back too, with what is in it.
func TestClose(t *testing.T) {
	for name, input := range map[string]string{
		"nothing pending": "data: a\n\n", "an event": "data: a\n\ndata: b\n\n", "part of one": "data: a\n\nevent: x\ndata: b\nda",
	} {
		t.Run(name, func(t *testing.T) {
			s := New(strings.NewReader(input), Options{Buffer: 64})
			nextOf(t, s)
			s.Close()
			s.Close()
			var ev Event
			if s.buf != nil || s.lent != nil {
				t.Errorf("%d bytes held", cap(s.buf))
			}
			if s.Next(&ev) || s.Fill() == nil || s.Next(&ev) {
				t.Errorf("an event after Close: %q", ev.Data)
			}
			if _, ok := s.Finish(&ev); ok {
				t.Errorf("Finish gives an event after Close: %q", ev.Data)
			}
		})
	}
}
