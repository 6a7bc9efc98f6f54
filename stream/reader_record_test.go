package stream_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/stream"
)

// records is a consumer that passes records on, and the decoder that gets them.
type records struct {
	s       *stream.Stream
	r       *stream.Reader
	all     []stream.Event
	at      uint64 // the newest event taken
	far     uint64 // ever
	acked   uint64
	held    int // at most so many bytes are
	passed  int // records that were the stream's own
	enc     stream.Encoder
	encodes bool
	dec     stream.Decoder
}

func (c *records) attach(t *rapid.T, seq uint64) {
	r, err := c.s.Attach(seq, stream.NoLimit, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.r, c.at, c.acked = r, seq, seq
	c.enc, c.encodes, c.dec = stream.Encoder{}, false, stream.Decoder{}
}

func (c *records) take(t *rapid.T) bool {
	var ev stream.Event
	record, seq, ok := c.r.NextRecord(&ev, nil)
	if !ok {
		return false
	}
	if seq != c.at+1 {
		t.Fatalf("event %d after event %d", seq, c.at)
	}
	c.at, c.far = seq, max(c.far, seq)
	if len(ev.Name)+len(ev.Data) > stream.MaxBase { // goes another way
		c.enc.Reset()
		c.dec.Reset()
	} else {
		if len(record) == 0 {
			c.encodes = true
			record = c.enc.Encode(ev)
		} else {
			c.passed++
			if c.encodes {
				c.enc, c.encodes = stream.Encoder{}, false
			}
		}
		got, n, err := c.dec.Decode(record)
		if err != nil || n != len(record) {
			t.Fatalf("event %d: %d of %d bytes, %v", seq, n, len(record), err)
		}
		ev = got
	}
	if want := c.all[seq-1]; string(ev.Name) != string(want.Name) || string(ev.Data) != string(want.Data) {
		t.Fatalf("event %d is %.80q %.80q, want %.80q %.80q", seq, ev.Name, ev.Data, want.Name, want.Data)
	}
	return true
}

func (c *records) ack(t *rapid.T, seq uint64) {
	if err := c.r.Ack(seq, stream.NoLimit); err != nil {
		t.Fatal(err)
	}
	c.acked = max(c.acked, seq)
	c.at = max(c.at, c.acked)
}

// Whatever is taken, acknowledged and resumed when: a fresh decoder reads the
// records that the stream passes on, and those in between.
func TestNextRecord(t *testing.T) {
	own := 0
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{1024, 4096, 16384}).Draw(t, "buffer")
		c := &records{s: open(size, true)}
		c.attach(t, 0)
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				c.attach(t, rapid.Uint64Range(c.acked, c.far).Draw(t, "seq"))
			case 1:
				c.ack(t, rapid.Uint64Range(c.acked, c.far).Draw(t, "seq"))
			case 2, 3, 4:
				c.take(t)
			default:
				c.append(t, size)
			}
		}
		for c.take(t) {
		}
		if c.at != uint64(len(c.all)) {
			t.Fatalf("%d of %d events", c.at, len(c.all))
		}
		own += c.passed
	})
	if own == 0 {
		t.Error("no record was passed on")
	}
}

// append adds an event, once there is room for it.
func (c *records) append(t *rapid.T, size int) {
	data := fmt.Sprintf(`{"id":"call","n":%d,"text":%q}`, len(c.all), rapid.StringN(0, 8, -1).Draw(t, "token"))
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		data = rapid.StringN(0, 40, -1).Draw(t, "other")
	case 1:
		n := rapid.SampledFrom([]int{900, 1020, 2000, 4090, 4094, 4095, 4096, 4097, 5000, 17000}).Draw(t, "length")
		data = strings.Repeat("x", n)
	}
	ev := stream.Event{Data: []byte(data)}
	if rapid.Bool().Draw(t, "named") {
		ev.Name = []byte("delta")
	}
	need := len(ev.Name) + len(ev.Data) + 20
	if c.held+need > size {
		for c.take(t) {
		}
		c.ack(t, c.at)
		c.held = 0
	}
	c.held += need
	c.all = append(c.all, ev)
	if err := c.s.Append(ev, time.Time{}); err != nil {
		t.Fatal(err)
	}
}

// An event is decoded only once somebody looks at it, however many records were
// passed on before.
func TestNextAfterNextRecord(t *testing.T) {
	s := open(4096, true)
	r := attach(t, s, 0, stream.NoLimit)
	var want []stream.Event
	for i := range 20 {
		want = append(want, numbered(i, 1+i%3))
		if err := s.Append(want[i], time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	var ev stream.Event
	for i := range want {
		if i == 5 {
			ack(t, r, 3)
		}
		if i%7 < 4 {
			if record, seq, ok := r.NextRecord(&ev, nil); !ok || seq != uint64(i+1) || len(record) == 0 {
				t.Fatalf("event %d, %v: a record of %d bytes", seq, ok, len(record))
			}
			continue
		}
		if seq, ok := r.Next(&ev); !ok || seq != uint64(i+1) || !equal(ev, want[i]) {
			t.Fatalf("event %d, %v: %s, want %s", seq, ok, ev.Data, want[i].Data)
		}
	}
}
