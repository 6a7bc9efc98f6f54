package downstream

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tidegate/stream"
)

// Events that come together go out together, with the head, in one write and
// without the buffer.
func TestWriterOneWrite(t *testing.T) {
	x := newWriting(t, 1<<20)
	x.say(t, "a", "b")
	want := "HEAD\r\n\r\n0012\r\ndata: a\n\ndata: b\n\n\r\n"
	if string(x.s.taken) != want || len(x.s.pieces) != 1 || x.Stats().High != 0 {
		t.Fatalf("%q in pieces of %v, buffer used: %d", x.s.taken, x.s.pieces, x.Stats().High)
	}
	if x.w.page != nil || x.w.busy {
		t.Error("a page is held while nothing is written")
	}
	x.s.taken = nil
	x.say(t, "c")
	x.End(complete)
	if want := "0009\r\ndata: c\n\n\r\n000e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"; string(x.s.taken) != want || !x.over || !x.w.clean {
		t.Errorf("%q, over: %v", x.s.taken, x.over)
	}
}

// The marker goes with the last events when the stream is ended before they
// are flushed.
func TestWriterEndWithTheRest(t *testing.T) {
	x := newWriting(t, 1<<20)
	_ = x.Append(stream.Event{Data: []byte("a")}, time.Now())
	x.End(complete)
	if len(x.s.taken) != 0 {
		t.Fatalf("%q was written in the producer's turn", x.s.taken)
	}
	x.Flush()
	if want := "HEAD\r\n\r\n0017\r\ndata: a\n\ndata: [DONE]\n\n\r\n0\r\n\r\n"; string(x.s.taken) != want || !x.over || len(x.s.pieces) != 1 {
		t.Errorf("%q, over: %v", x.s.taken, x.over)
	}
}

// What can't be taken directly goes through the buffer and comes out the same.
func TestWriterRefusesOffers(t *testing.T) {
	for name, data := range map[string]string{"two lines": "a\nb", "large": strings.Repeat("x", 100_000)} {
		x := newWriting(t, 1<<20)
		result := make(chan error, 1)
		go func() {
			for _, data := range []string{"1", data, "2"} {
				_ = x.Append(stream.Event{Data: []byte(data)}, time.Now())
			}
			x.Flush()
			result <- nil
		}()
		<-result
		x.End(complete)
		if got := decoded(t, x.s.taken); strings.Join(got, "|") != strings.Join([]string{"1", data, "2", "[DONE]"}, "|") {
			t.Errorf("%s: %.80q", name, got)
		}
	}
}

// A connection that takes a part leaves the rest to a goroutine, which keeps
// that rest and no page; the page's events are not acknowledged before.
func TestWriterShrinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newWriting(t, 10)
		x.say(t, strings.Repeat("x", 1000))
		synctest.Wait()
		if x.w.page != nil || !x.w.busy || cap(x.w.pending) > 1200 {
			t.Errorf("page held: %v, busy: %v, %d bytes kept", x.w.page != nil, x.w.busy, cap(x.w.pending))
		}
		if st := x.Stats(); st.Acked != 0 || st.Sent != 1 {
			t.Errorf("%+v", st)
		}
		x.say(t, "later")
		synctest.Wait()
		x.s.give(1 << 20)
		synctest.Wait()
		if st := x.Stats(); st.Acked != 2 || x.w.busy || x.w.page != nil {
			t.Errorf("%+v, busy: %v", st, x.w.busy)
		}
		x.End(complete)
		if got := decoded(t, x.s.taken); len(got) != 3 || got[1] != "later" {
			t.Errorf("%.80q", got)
		}
	})
}

// A long head, or a whole answer, stands in no page: there is none to shrink.
// A page that is none would be another stream's to crash with.
func TestWriterShrinksWithoutPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(10)
		w := &writer{}
		w.begin(&clientConn{Conn: s, l: &listener{}}, openaiManner, func() {})
		w.try = tryWriter{raw: noWait{s: s, w: w}}
		whole := strings.Repeat("x", 5000)
		if !w.only([]byte(whole)) || w.only([]byte("again")) || w.commit([]byte("again")) {
			t.Error("the response was not begun once")
		}
		w.heartbeat() // it is not for a whole answer
		for range 100 {
			p := pages.Get().(*page)
			if p == nil {
				t.Fatal("a page that is none was lent")
			}
		}
		s.give(1 << 20)
		synctest.Wait()
		if string(s.taken) != whole || !w.clean || !w.ended || !w.finished() {
			t.Errorf("%d bytes, clean %v, ended %v", len(s.taken), w.clean, w.ended)
		}
	})
}

// The kernel is given small pieces, so that it can say when it has enough; a
// connection that takes much in little time is given whole pages.
func TestWriterWidens(t *testing.T) {
	for _, c := range []struct {
		events, size int
		every        time.Duration
		wide         bool
	}{
		{300, 1000, 0, true},
		{300, 1000, 10 * time.Millisecond, false},
		{10, 100_000, 0, true},
		{1, 100_000, 0, false}, // among those of a model
	} {
		synctest.Test(t, func(t *testing.T) {
			x := newWriting(t, 1<<30)
			x.say(t, "the first")
			for i := range c.events {
				x.say(t, string(event(i, c.size).Data))
				time.Sleep(c.every)
			}
			x.say(t, strings.Repeat("x", 30_000))
			largest := 0
			for _, n := range x.s.pieces {
				largest = max(largest, n)
			}
			if x.w.wide != c.wide || largest > unsent != c.wide || largest > widePage {
				t.Errorf("%d of %d bytes: wide: %v, pieces of up to %d", c.events, c.size, x.w.wide, largest)
			}
		})
	}
}

// A connection that is cut ends the writer wherever it is, once.
func TestWriterHangUp(t *testing.T) {
	for name, c := range map[string]struct {
		room   int
		events int
	}{"idle": {1 << 20, 1}, "waiting": {10, 1}, "before anything": {1 << 20, 0}} {
		synctest.Test(t, func(t *testing.T) {
			x := newWriting(t, c.room)
			ended := 0
			x.w.done = func() { ended++ }
			for range c.events {
				x.say(t, "event")
			}
			synctest.Wait()
			x.w.cut()
			x.w.cut()
			x.w.wake()
			x.w.heartbeat()
			synctest.Wait()
			if ended != 1 || !x.w.finished() || x.w.clean {
				t.Errorf("%s: done %d times, finished: %v", name, ended, x.w.finished())
			}
		})
	}
}

// In the producer's turn a cut connection is noticed when the turn ends.
func TestWriterHangUpInATurn(t *testing.T) {
	x := newWriting(t, 1<<20)
	_ = x.Append(stream.Event{Data: []byte("a")}, time.Now())
	x.w.cut()
	if x.over {
		t.Error("the page was taken from under the producer")
	}
	x.Flush()
	if !x.over || x.w.page != nil {
		t.Errorf("over: %v, page held: %v", x.over, x.w.page != nil)
	}
}

// Whatever the events are and however the client reads, it has what was sent;
// comments never stand within an event.
func TestWriterAnyEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []string
		var events []stream.Event
		for range rapid.IntRange(1, 30).Draw(t, "events") {
			name := rapid.StringMatching(`[a-z_]{0,12}`).Draw(t, "name")
			data := rapid.StringMatching(`[a-z{}", \n]{1,40}`).Draw(t, "data")
			if n := rapid.IntRange(0, 40).Draw(t, "large"); n > 37 {
				data = strings.Repeat(data, 1+n*30_000/37/len(data))
			}
			events = append(events, stream.Event{Name: []byte(name), Data: []byte(data)})
			want = append(want, name+data)
		}
		flush := rapid.SliceOfN(rapid.Bool(), len(events), len(events)).Draw(t, "flush")
		beats := rapid.SliceOfN(rapid.Bool(), len(events), len(events)).Draw(t, "beats")

		x := newWriting(nil, 0)
		over := make(chan struct{})
		x.w.done = func() { close(over) }
		x.w.wide = rapid.Bool().Draw(t, "wide")
		step := rapid.SampledFrom([]int{1000, 5000, 1 << 20}).Draw(t, "step")
		go func() { // the client
			for {
				select {
				case <-over:
					return
				default:
					x.s.give(step)
				}
			}
		}()
		for i, ev := range events {
			if err := x.Append(ev, time.Now()); err != nil {
				t.Fatal(err)
			}
			if flush[i] {
				x.Flush()
			}
			if beats[i] {
				x.w.heartbeat()
			}
		}
		x.End(complete)
		x.Flush()
		<-over
		if got := decoded(t, x.s.taken); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", append(want, "[DONE]")) {
			t.Fatalf("\n got %.2000q\nwant %.2000q", got, want)
		}
		if st := x.Stats(); st.Acked != uint64(len(events)) || !x.w.clean {
			t.Fatalf("%+v", st)
		}
	})
}
