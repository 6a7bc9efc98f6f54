package stream_test

import (
	"encoding/binary"
	"errors"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tidegate/stream"
)

// machine drives a stream beside a plain model of it: a list of what was
// appended and three positions. The producer has its own goroutine, so that
// it may wait.
type machine struct {
	s      *stream.Stream
	size   int
	raw    int // Config.Raw
	resume bool
	stall  *stall
	meter  *meter
	stops  int

	in      chan held
	results chan error
	freed   int // owned events that the stream has given back

	// The model.
	sizer            stream.Encoder // tells what each event costs
	last             stream.Event
	events           []held // appended, the first is event 1
	pending          *held  // the producer waits to append it
	owned            int    // events handed over, appended or not
	full             bool
	acked, sent, max int
	reached          int            // sent, ever
	clear            int            // the newest event at which all that was sent was acknowledged
	reader           *stream.Reader // nil when detached
	old              []*stream.Reader
	applied          []stream.Event // the application's
	end              *stream.End
}

type held struct {
	ev    stream.Event
	owned bool // its memory was handed over
	cost  int
	raw   int // as the provider sent it
	large bool
}

func newMachine(size, raw int, resume bool) *machine {
	m := &machine{
		size: size, raw: raw, resume: resume,
		stall: new(stall), meter: new(meter),
		in: make(chan held), results: make(chan error, 1),
		last: stream.Event{Data: []byte(`{"n":1,"content":""}`)},
	}
	m.s = stream.New(stream.Config{
		Pages: stream.NewPages(m.size), Now: time.Now, Stall: m.stall, Meter: m.meter,
		Stop: func() { m.stops++ }, Resumable: m.resume, Raw: m.raw,
	})
	go func() {
		for h := range m.in {
			if h.owned {
				m.results <- m.s.AppendOwned(h.ev, time.Now(), func() { m.freed++ })
			} else {
				m.results <- m.s.Append(h.ev, time.Now())
			}
		}
	}()
	return m
}

// close releases the producer, however the test went.
func (m *machine) close() {
	m.s.End(stream.End{Reason: stream.Shutdown})
	close(m.in)
	synctest.Wait()
}

func (m *machine) weigh(h *held) {
	h.cost = len(textOf(h.ev))
	h.raw = h.cost
	if fits := m.size; h.cost <= fits && !h.owned || h.cost <= fits-binary.MaxVarintLen64 {
		if cost := len(m.sizer.Encode(h.ev)); cost <= m.size {
			h.cost = cost
			return
		}
	}
	m.sizer.Reset()
	h.large = true
	h.cost = len(h.ev.Name) + len(h.ev.Data)
	h.raw = 0 // it is alone
}

// bytes is what the model holds, and whether it is one large event.
func (m *machine) bytes() (sum int, large bool) {
	for _, h := range m.events[m.acked:] {
		sum += h.cost
		large = large || h.large
	}
	return sum, large
}

// rawBytes is what the events held had when they came, one larger than the
// buffer left out. Those that were handed out count until they are
// acknowledged; where nobody resumes, all of them together.
func (m *machine) rawBytes() (sum int) {
	from := m.acked
	if !m.resume {
		from = m.clear
	}
	for _, h := range m.events[from:] {
		sum += h.raw
	}
	return sum
}

// alone says that what is counted is one event, which may be of any size.
func (m *machine) alone() bool {
	sum := m.rawBytes()
	for _, h := range m.events {
		if h.raw == sum {
			return true
		}
	}
	return false
}

func (m *machine) fits(h held) bool {
	sum, large := m.bytes()
	had := m.rawBytes()
	switch {
	case large:
		return false
	case h.large:
		return sum == 0 && (m.raw == 0 || had == 0)
	}
	return sum+h.cost <= m.size && (m.raw == 0 || had == 0 || had+h.raw <= m.raw)
}

func (m *machine) Append(t *rapid.T) {
	if m.pending != nil {
		t.Skip("the producer waits")
	}
	for range rapid.IntRange(1, 3).Draw(t, "changes") {
		m.last = change(t, m.last)
	}
	h := held{ev: m.last, owned: rapid.Bool().Draw(t, "owned")}
	if m.end == nil {
		m.weigh(&h)
	}
	if h.owned {
		m.owned++
	}
	blocks := m.end == nil && !m.fits(h)
	m.in <- h
	synctest.Wait()
	select {
	case err := <-m.results:
		if blocks {
			t.Fatalf("%d bytes were appended to a buffer that has no room: %v", h.cost, err)
		}
		m.appended(t, h, err)
	default:
		if !blocks {
			t.Fatalf("the producer waits though %d bytes fit", h.cost)
		}
		m.pending, m.full = &h, true
	}
}

func (m *machine) appended(t *rapid.T, h held, err error) {
	if m.end != nil {
		if !errors.Is(err, stream.ErrEnded) {
			t.Fatalf("append after the end: %v, want ErrEnded", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	m.events = append(m.events, h)
}

// drained lets the model's producer go on when there is room enough, and
// checks that the stream's has done the same.
func (m *machine) drained(t *rapid.T) {
	if m.pending == nil {
		return
	}
	sum, large := m.bytes()
	need, needRaw := m.pending.cost, m.pending.raw
	if m.pending.large {
		need, needRaw = m.size, m.raw
	}
	goesOn := m.end != nil || !large && sum <= min(m.size/2, m.size-need) &&
		(m.raw == 0 || m.rawBytes() <= max(0, min(m.raw/2, m.raw-needRaw)))
	synctest.Wait()
	select {
	case err := <-m.results:
		if !goesOn {
			t.Fatalf("the producer goes on with %d of %d bytes held", sum, m.size)
		}
		h := *m.pending
		m.pending, m.full = nil, false
		m.appended(t, h, err)
	default:
		if goesOn {
			t.Fatalf("the producer waits with %d of %d bytes held", sum, m.size)
		}
	}
}

func (m *machine) Flush(*rapid.T) { m.s.Flush() }

func (m *machine) Next(t *rapid.T) {
	if m.reader == nil {
		t.Skip("detached")
	}
	for range rapid.IntRange(1, 12).Draw(t, "events") {
		m.next(t)
	}
	m.reader.Delivered(time.Now())
}

func (m *machine) next(t *rapid.T) bool {
	var ev stream.Event
	seq, ok := m.reader.Next(&ev)
	if want := m.sent < len(m.events) && m.sent < m.max; ok != want {
		t.Fatalf("Next gave %v; appended %d, sent %d, max %d", ok, len(m.events), m.sent, m.max)
	}
	if !ok {
		return false
	}
	if int(seq) != m.sent+1 || int(seq) != len(m.applied)+1 {
		t.Fatalf("event %d after event %d", seq, m.sent)
	}
	if want := m.events[m.sent].ev; !equal(ev, want) {
		t.Fatalf("event %d:\n got %q %q\nwant %q %q", seq, ev.Name, ev.Data, want.Name, want.Data)
	}
	m.applied = append(m.applied, m.events[m.sent].ev)
	m.sent++
	m.reached = max(m.reached, m.sent)
	return true
}

func (m *machine) Ack(t *rapid.T) {
	if m.reader == nil {
		t.Skip("detached")
	}
	m.ack(t, rapid.IntRange(0, m.reached+1).Draw(t, "seq"), rapid.IntRange(0, m.sent+40).Draw(t, "max"))
}

func (m *machine) ack(t *rapid.T, seq, max int) {
	err := m.reader.Ack(uint64(seq), uint64(max))
	if seq > m.reached {
		if !errors.Is(err, stream.ErrBeyondSent) {
			t.Fatalf("acknowledged %d of %d sent: %v, want ErrBeyondSent", seq, m.reached, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if max > m.max {
		m.max = max
	}
	if seq > m.acked {
		m.acked = seq
	}
	for ; m.sent < m.acked; m.sent++ { // given by the reader before
		m.applied = append(m.applied, m.events[m.sent].ev)
	}
	if m.acked == m.sent {
		m.clear = m.acked
	}
	m.drained(t)
}

func (m *machine) Attach(t *rapid.T) {
	m.attach(t, rapid.IntRange(m.acked-1, m.reached+1).Draw(t, "seq"), rapid.IntRange(0, m.sent+40).Draw(t, "max"))
}

func (m *machine) attach(t *rapid.T, seq, max int) {
	if seq < 0 {
		t.Skip("no such position")
	}
	r, err := m.s.Attach(uint64(seq), uint64(max), nil)
	if seq < m.acked || seq > m.reached || !m.resume && m.sent > 0 {
		if !errors.Is(err, stream.ErrGone) {
			t.Fatalf("attached at %d of %d to %d: %v, want ErrGone", seq, m.acked, m.reached, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if m.reader != nil {
		m.old = append(m.old, m.reader)
	}
	m.reader, m.acked, m.sent, m.max = r, seq, seq, max
	m.applied = m.applied[:0] // what was on its way is lost with its connection
	for _, h := range m.events[:seq] {
		m.applied = append(m.applied, h.ev)
	}
	m.drained(t)
}

func (m *machine) Detach(t *rapid.T) {
	if m.reader == nil {
		t.Skip("detached")
	}
	m.reader.Detach()
	m.old = append(m.old, m.reader)
	m.reader = nil
}

// Old is what a reader still says after another has taken over.
func (m *machine) Old(t *rapid.T) {
	if len(m.old) == 0 {
		t.Skip("none")
	}
	r := m.old[rapid.IntRange(0, len(m.old)-1).Draw(t, "which")]
	if seq, ok := r.Next(new(stream.Event)); ok {
		t.Fatalf("a reader that is no longer attached was given event %d", seq)
	}
	if err := r.Ack(uint64(m.sent), stream.NoLimit); !errors.Is(err, stream.ErrSuperseded) {
		t.Fatalf("acknowledged by a reader that is no longer attached: %v", err)
	}
	if _, ok := r.End(); ok {
		t.Fatal("a reader that is no longer attached was given the end")
	}
	r.Delivered(time.Now())
	r.Detach()
}

func (m *machine) End(t *rapid.T) {
	end := stream.End{Reason: rapid.SampledFrom(stream.Reasons).Draw(t, "reason"), Message: "over"}
	if won := m.s.End(end); won != (m.end == nil) {
		t.Fatalf("End gave %v; ended before: %v", won, m.end)
	}
	if m.end == nil {
		m.end = &end
	}
	m.drained(t)
}
