package main

import (
	"fmt"
	"testing"
	"time"

	"tidegate/downstream/wire"
	"tidegate/internal/config"
	"tidegate/loadtest/provider"
)

// eachProtocol runs a test with both ways of writing events.
func eachProtocol(t *testing.T, f func(t *testing.T, protocol string)) {
	for _, protocol := range []string{wire.ProtocolBinary, wire.ProtocolJSON} {
		t.Run(protocol, func(t *testing.T) { f(t, protocol) })
	}
}

// quiet checks that nothing is on its way: what the gateway answers to a
// question comes next.
func (p *peer) quiet(t testing.TB) {
	t.Helper()
	const other = 99
	p.tell(t, wire.Message{T: wire.Resume, S: other, Stream: "nobody's"})
	if it := p.expect(t, wire.Refused); it.S != other || it.Status != 404 {
		t.Fatalf("%+v", it.Message)
	}
}

// plenty is more credit than any stream of a test takes.
const plenty = 1 << 40

// No event is sent that was not granted; the end needs no grant.
func TestCredit(t *testing.T) {
	eachProtocol(t, func(t *testing.T, protocol string) {
		h := start(t, setup{})
		p := h.knock(t, protocol)
		id := p.opens(t, 1, "m?tokens=40", 5).Stream
		p.takes(t, 1, 5)
		h.over(t, id)
		p.quiet(t)
		for _, m := range []wire.Message{{Seq: 3, Max: 7}, {Seq: 1, Max: 2}, {Seq: 3, Max: 7}} { // the larger counts
			m.T, m.S = wire.Ack, 1
			p.tell(t, m)
		}
		p.takes(t, 6, 7)
		p.quiet(t)

		all := h.over(t, id)
		if all < 42 || all > 44 {
			t.Fatalf("%d events of 40 tokens", all)
		}
		p.tell(t, wire.Message{T: wire.Ack, S: 1, Seq: 7, Max: all})
		p.takes(t, 8, all)
		if end := p.expect(t, wire.End); end.Reason != "complete" || end.Seq != all || end.Err != nil {
			t.Errorf("%+v", end.Message)
		}
		p.quiet(t)
		p.opens(t, 1, "m?tokens=1", 0) // the number is free again
		p.quiet(t)
	})
}

// What is sent and not acknowledged is never more than the buffer, whatever
// was granted; acknowledged, it goes on.
func TestUnacknowledged(t *testing.T) {
	eachProtocol(t, func(t *testing.T, protocol string) {
		h := start(t, setup{})
		p := h.knock(t, protocol)
		id := p.opens(t, 1, "m?tokens=1000000", plenty).Stream
		seq := uint64(0)
		for round := range 20 {
			bytes, from := 0, seq
			for {
				it, err := p.next()
				if err != nil {
					t.Fatal(err)
				}
				if it.T == wire.Blocked {
					break
				}
				seq = it.Seq
				bytes += it.record
			}
			p.quiet(t)
			st := h.state(t, id)
			if bytes > 4096 || st.Bytes > 4096 || st.Sent != seq || st.Acked != from || !st.Full || st.LeftMS <= 0 {
				t.Fatalf("round %d: %d bytes on the wire; %+v", round, bytes, st)
			}
			if seq-from < 80 {
				t.Errorf("only %d events fit", seq-from)
			}
			if m := h.scrape(t); m.value(t, "tidegate_streams_paused") != 1 {
				t.Error("the metrics don't say that the provider is paused")
			}
			p.tell(t, wire.Message{T: wire.Ack, S: 1, Seq: seq, Max: plenty})
		}
		p.tell(t, wire.Message{T: wire.Cancel, S: 1})
	})
}

// brief is a keep-alive that a test lives to see the end of, and that a busy
// machine does not let pass between two of its steps.
func brief(c *config.Config) { c.KeepAlive = 2 * time.Second }

// With credit withheld the provider is paused, and cancelled a keep-alive
// later; who comes back gets what was held, and then why it ended.
func TestSlowConsumer(t *testing.T) {
	t.Parallel()
	for _, stays := range []bool{true, false} {
		t.Run(fmt.Sprintf("stays=%v", stays), func(t *testing.T) {
			t.Parallel()
			h := start(t, setup{config: brief})
			p := h.knock(t, wire.ProtocolBinary)
			id := p.opens(t, 1, "m?tokens=1000000", 3).Stream
			p.takes(t, 1, 3)
			if b := p.expect(t, wire.Blocked); b.Seq != 3 || b.LeftMS <= 0 || b.LeftMS > 2000 {
				t.Errorf("%+v", b.Message)
			}
			h.await(t, "the provider's call to be cancelled", func(s provider.Stats) bool { return s.Cancelled == 1 })
			ack := wire.Message{T: wire.Ack, S: 1, Seq: 3, Max: plenty}
			if !stays {
				_ = p.Close()
				p = h.knock(t, wire.ProtocolJSON)
				ack = wire.Message{T: wire.Resume, S: 1, Stream: id, Seq: 3, Max: plenty}
			}
			p.tell(t, ack)
			if !stays {
				p.expect(t, wire.Opened)
			}
			held := h.state(t, id).Seq
			p.takes(t, 4, held)
			end := p.expect(t, wire.End)
			if end.Reason != "slow_consumer" || end.Seq != held || held < 80 {
				t.Errorf("%+v", end.Message)
			}
			if l := h.log.call(t, 1); l.text("reason") != "slow_consumer" {
				t.Errorf("log: %v", l)
			}
		})
	}
}

// Nobody comes back: a keep-alive later the call is cancelled, and says why to
// whoever comes then.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	h := start(t, setup{config: brief})
	p := h.knock(t, wire.ProtocolBinary)
	id := p.opens(t, 1, "m?tokens=1000000&pace=5", plenty).Stream
	p.takes(t, 1, 2)
	_ = p.Close()
	h.await(t, "the provider's call to be cancelled", func(s provider.Stats) bool { return s.Cancelled == 1 })
	p = h.knock(t, wire.ProtocolBinary)
	p.tell(t, wire.Message{T: wire.Resume, S: 7, Stream: id, Seq: 2, Max: plenty})
	p.expect(t, wire.Opened)
	held := h.state(t, id).Seq
	p.takes(t, 3, held)
	if end := p.expect(t, wire.End); end.Reason != "abandoned" || end.S != 7 || end.Seq != held {
		t.Errorf("%+v", end.Message)
	}
}

// The client says stop, and the provider's call is over at once, also while
// the provider is silent and while it has not answered at all.
func TestCancel(t *testing.T) {
	h := start(t, setup{})
	p := h.knock(t, wire.ProtocolJSON)
	p.opens(t, 1, "m?stall=forever&stall_at=3", plenty)
	p.takes(t, 1, 3)
	p.tell(t, wire.Message{T: wire.Cancel, S: 1})
	if end := p.expect(t, wire.End); end.Reason != "cancelled" || end.Seq != 3 {
		t.Errorf("%+v", end.Message)
	}
	h.await(t, "the first cancellation", func(s provider.Stats) bool { return s.Cancelled == 1 })
	p.tell(t, wire.Message{T: wire.Cancel, S: 1}) // idempotent

	p.tell(t, wire.Message{T: wire.Open, S: 1, API: "chat.completions", Body: []byte(chat("m?header_delay=forever"))})
	h.await(t, "the second call", func(s provider.Stats) bool { return s.Stalled == 1 })
	p.tell(t, wire.Message{T: wire.Cancel, S: 1})
	if r := p.expect(t, wire.Refused); r.S != 1 {
		t.Errorf("%+v", r.Message)
	}
	h.await(t, "the second cancellation", func(s provider.Stats) bool { return s.Cancelled == 2 })
}

// The newest connection has the stream. What the older one still says about it
// does not count.
func TestSuperseded(t *testing.T) {
	h := start(t, setup{})
	old, young := h.knock(t, wire.ProtocolBinary), h.knock(t, wire.ProtocolBinary)
	id := old.opens(t, 1, "m?tokens=20&stall=forever&stall_at=20", 4).Stream
	old.takes(t, 1, 4)
	young.tell(t, wire.Message{T: wire.Resume, S: 1, Stream: id, Seq: 2, Max: 6})
	if o := young.expect(t, wire.Opened); o.Seq != 2 || o.Stream != id {
		t.Errorf("%+v", o.Message)
	}
	young.takes(t, 3, 6)
	if d := old.expect(t, wire.Detached); d.Reason != wire.Superseded || d.S != 1 {
		t.Errorf("%+v", d.Message)
	}
	old.tell(t, wire.Message{T: wire.Ack, S: 1, Seq: 5, Max: plenty})
	old.tell(t, wire.Message{T: wire.Cancel, S: 1})
	old.quiet(t)
	young.quiet(t)
	if st := h.state(t, id); st.Acked != 2 || st.Max != 6 || !st.Attached || st.End != nil {
		t.Errorf("%+v", st)
	}
	young.tell(t, wire.Message{T: wire.Ack, S: 1, Seq: 6, Max: plenty})
	young.takes(t, 7, 20)
}

// A client goes on applying what it has while it connects again, and loses
// that connection, too: it may say that it has applied more than its newest
// connection was sent.
func TestAppliedMeanwhile(t *testing.T) {
	h := start(t, setup{})
	p := h.knock(t, wire.ProtocolBinary)
	id := p.opens(t, 1, "m?tokens=20", 10).Stream
	p.takes(t, 1, 10)
	for _, from := range []uint64{4, 7} { // each connection breaks before anything was sent over it
		_ = p.Close()
		p = h.knock(t, wire.ProtocolBinary)
		p.tell(t, wire.Message{T: wire.Resume, S: 1, Stream: id, Seq: from, Max: from})
		p.expect(t, wire.Opened)
	}
	p.tell(t, wire.Message{T: wire.Ack, S: 1, Seq: 9, Max: 12})
	p.takes(t, 10, 12)
	p.tell(t, wire.Message{T: wire.Ack, S: 1, Seq: 13, Max: 14})
	if _, err := p.next(); err == nil {
		t.Error("event 13 was acknowledged before it was sent, and nobody minds")
	}
}
