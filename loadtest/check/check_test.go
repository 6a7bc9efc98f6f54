package check

import (
	"fmt"
	"testing"
	"time"

	"tidegate/loadtest/report"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// script is a stream in a test: what happens to it, each at its second.
type script struct {
	*Stream
	at time.Time
}

var limits = Limits{KeepAlive: 10 * time.Second, Cancel: time.Second, Slack: 2 * time.Second, Held: 1000, Raw: 8}

func play(t *testing.T, s Setup) *script {
	t.Helper()
	s.Limits, s.Begun, s.Witnessed = &limits, start, true
	p := &script{New(s), start}
	p.Called(start)
	if s.Resumable {
		p.Granted(100)
		p.Attached(1000, start)
	}
	return p
}

func (p *script) wait(d time.Duration) *script { p.at = p.at.Add(d); return p }

func data(n int) []byte { return fmt.Appendf(nil, `{"n":%d}`, n) }

// sends has the provider send events.
func (p *script) sends(from, to int) *script {
	for n := from; n <= to; n++ {
		p.Sent(nil, data(n), p.at)
		p.Written(p.at)
	}
	return p
}

// gets has the client get them.
func (p *script) gets(numbers ...int) *script {
	for _, n := range numbers {
		e := Event{Data: data(n)}
		if p.Resumable {
			e.Seq = uint64(n)
		}
		p.Got(&e, p.at)
	}
	return p
}

func (p *script) marks() *script            { p.Marker(p.at); return p }
func (p *script) calls(how CallEnd) *script { p.CallOver(how, p.at); return p }
func (p *script) is(x Presence) *script     { p.Is(x, p.at); return p }
func (p *script) acks(n uint64) *script     { p.Acked(n); return p }
func (p *script) judge() *script            { p.Judge(p.at); return p }
func (p *script) ends(o Outcome) *script {
	p.Ended(End{Outcome: o, Marker: o == Whole}, p.at)
	return p
}
func (p *script) record(n, size int) *script {
	p.Got(&Event{Seq: uint64(n), Data: data(n), Wire: size}, p.at)
	return p
}
func (p *script) renumbered(n, as int) *script {
	p.Got(&Event{Seq: uint64(as), Data: data(n)}, p.at)
	return p
}
func (p *script) altered(n int) *script    { p.Got(&Event{Data: append(data(n), '!')}, p.at); return p }
func (p *script) errs(text string) *script { p.Error(&Event{Data: []byte(text)}, p.at); return p }
func (p *script) back() *script            { p.Attached(1000, p.at); return p }
func (p *script) endsBare() *script        { p.Ended(End{Outcome: Whole}, p.at); return p }
func (p *script) endsAt(seq uint64) *script {
	p.Ended(End{Outcome: Whole, Marker: true, Seq: seq}, p.at)
	return p
}
func (p *script) ahead(n, size int) *script {
	for range n {
		p.Sent(nil, make([]byte, size), p.at)
	}
	return p
}

// TestJudgement: what happened, and what of it was wrong.
func TestJudgement(t *testing.T) {
	plain, tide := Setup{}, Setup{Resumable: true}
	const second = time.Second
	for _, c := range []struct {
		name  string
		setup Setup
		play  func(p *script)
		want  []report.Kind
	}{
		{"all is well", plain, func(p *script) { p.sends(1, 3).gets(1, 2, 3).marks().calls(Finished).ends(Whole) }, nil},
		{"all is well, with positions", tide, func(p *script) { p.sends(1, 3).gets(1, 2, 3).acks(3).marks().calls(Finished).endsAt(3) }, nil},
		{"left while it was accepted", tide, func(p *script) { p.sends(1, 1).is(Left); p.back().wait(5 * second).calls(Cancelled) }, nil},
		{"nothing at all", plain, func(p *script) { p.marks().calls(Finished).ends(Whole) }, nil},

		{"one is lost", plain, func(p *script) { p.sends(1, 4).gets(1, 2, 4).marks().ends(Whole) }, []report.Kind{report.Lost}},
		{"one is lost, numbers too", tide, func(p *script) { p.sends(1, 4).gets(1, 2, 4).marks().ends(Whole) }, []report.Kind{report.Lost}},
		{"one is lost, numbers hide it", tide, func(p *script) { p.sends(1, 4).gets(1, 2).renumbered(4, 3).marks().ends(Whole) }, []report.Kind{report.Lost}},
		{"the last is lost", plain, func(p *script) { p.sends(1, 3).gets(1, 2).marks().ends(Whole) }, []report.Kind{report.Lost}},
		{"the last is lost of a cut answer", plain, func(p *script) { p.sends(1, 3).gets(1, 2).calls(Faulted).ends(Told) }, []report.Kind{report.Lost}},
		{"a reset may lose the last", Setup{Tail: true}, func(p *script) { p.sends(1, 3).gets(1, 2).calls(Faulted).ends(Told) }, nil},
		{"the end counts more", tide, func(p *script) { p.sends(1, 3).gets(1, 2, 3).marks().endsAt(4) }, []report.Kind{report.Lost}},

		{"one comes twice", plain, func(p *script) { p.sends(1, 3).gets(1, 2, 2, 3).marks().ends(Whole) }, []report.Kind{report.Doubled}},
		{"one comes again later", plain, func(p *script) { p.sends(1, 4).gets(1, 2, 3, 1, 4).marks().ends(Whole) }, []report.Kind{report.Doubled}},
		{"one comes again, with its number", tide, func(p *script) { p.sends(1, 3).gets(1, 2, 1, 3).marks().ends(Whole) }, []report.Kind{report.Doubled}},
		{"one comes twice, renumbered", tide, func(p *script) { p.sends(1, 3).gets(1, 2).renumbered(2, 3).renumbered(3, 4).marks().ends(Whole) }, []report.Kind{report.Doubled}},
		{"the call is made twice", plain, func(p *script) { p.sends(1, 1).gets(1).Called(p.at) }, []report.Kind{report.Doubled}},

		{"two change places", plain, func(p *script) { p.sends(1, 4).gets(1, 3, 2, 4).marks().ends(Whole) }, []report.Kind{report.Reordered}},
		{"two change places, with their numbers", tide, func(p *script) { p.sends(1, 4).gets(1, 3, 2, 4).marks().ends(Whole) }, []report.Kind{report.Reordered}},
		{"two change places, not their numbers", tide, func(p *script) { p.sends(1, 4).gets(1).renumbered(3, 2).renumbered(2, 3).gets(4).marks().ends(Whole) }, []report.Kind{report.Reordered}},

		{"one is altered", plain, func(p *script) { p.sends(1, 3).gets(1).altered(2).gets(3).marks().ends(Whole) }, []report.Kind{report.Altered}},
		{"one is made up", plain, func(p *script) { p.sends(1, 2).gets(1, 2).altered(9).marks().ends(Whole) }, []report.Kind{report.Altered}},
		{"an error of the target's is none of them", plain, func(p *script) { p.sends(1, 2).gets(1, 2).errs(`{"error":1}`).calls(Faulted).ends(Told) }, nil},

		{"short", plain, func(p *script) { p.sends(1, 2).gets(1, 2).calls(Faulted).ends(Whole) }, []report.Kind{report.Short}},
		{"short, without a marker", plain, func(p *script) { p.sends(1, 2).gets(1, 2).calls(Faulted).endsBare() }, []report.Kind{report.Short}},
		{"told that it is short", plain, func(p *script) { p.sends(1, 2).gets(1, 2).calls(Faulted).ends(Told) }, nil},

		{"no end", plain, func(p *script) { p.sends(1, 2).gets(1, 2).ends(Silent) }, []report.Kind{report.EndMissing}},
		{"no end, and nobody said so", plain, func(p *script) { p.sends(1, 2).gets(1, 2).marks().calls(Finished).wait(23 * second).judge() }, []report.Kind{report.EndMissing}},
		{"not yet an end", plain, func(p *script) { p.sends(1, 2).gets(1, 2).marks().calls(Finished).wait(21 * second).judge() }, nil},
		{"a whole answer is called broken", plain, func(p *script) { p.sends(1, 2).gets(1, 2).marks().calls(Finished).ends(Told) }, []report.Kind{report.EndMissing}},
		{"the marker is missing", plain, func(p *script) { p.sends(1, 2).gets(1, 2).marks().calls(Finished).endsBare() }, []report.Kind{report.EndMissing}},
		{"held up for ever", plain, func(p *script) { p.ahead(1, 1).gets().wait(25 * second).judge() }, []report.Kind{report.EndMissing}},

		{"two ends", tide, func(p *script) { p.sends(1, 1).gets(1).marks().calls(Finished).ends(Whole).ends(Whole) }, []report.Kind{report.EndTwice}},
		{"more after the end", plain, func(p *script) { p.sends(1, 1).gets(1).marks().calls(Finished).ends(Whole).gets(1) }, []report.Kind{report.EndTwice}},

		{"beyond credit", tide, func(p *script) { p.Granted(100); p.sends(1, 101); gets(p, 1, 101) }, []report.Kind{report.BeyondCredit, report.BeyondBuffer}[:1]},
		{"up to credit", tide, func(p *script) { p.sends(1, 100); gets(p, 1, 100) }, nil},

		{"beyond the buffer", tide, func(p *script) { p.sends(1, 4).record(1, 400).record(2, 600).record(3, 400).record(4, 100) }, []report.Kind{report.BeyondBuffer}},
		{"as much as the buffer", tide, func(p *script) { p.sends(1, 4).record(1, 400).record(2, 600).record(3, 400) }, nil},
		{"an event larger than the buffer alone", tide, func(p *script) { p.sends(1, 1).record(1, 5000) }, nil},
		{"acknowledged", tide, func(p *script) { p.sends(1, 4).record(1, 400).record(2, 600).acks(2).record(3, 600).record(4, 400) }, nil},
		{"taken for a client that does not read", Setup{Bounded: true}, func(p *script) { p.ahead(11, 100) }, []report.Kind{report.BeyondBuffer}},
		{"taken as far as may be", Setup{Bounded: true}, func(p *script) { p.ahead(10, 100) }, nil},
		{"taken for a client whose machine takes it", plain, func(p *script) { p.ahead(11, 100) }, nil},

		{"not cancelled for one that left", plain, func(p *script) { p.sends(1, 2).gets(1).is(Left).wait(1100 * time.Millisecond).judge() }, []report.Kind{report.CancelMissing}},
		{"cancelled in time", plain, func(p *script) { p.sends(1, 2).gets(1).is(Left).wait(900 * time.Millisecond).judge().calls(Cancelled) }, nil},
		{"not cancelled when told to", tide, func(p *script) { p.sends(1, 2).gets(1).is(Stopped).wait(2 * second).judge() }, []report.Kind{report.CancelMissing}},
		{"not abandoned", tide, func(p *script) { p.sends(1, 2).gets(1).is(Left).wait(13 * second).judge() }, []report.Kind{report.CancelMissing}},
		{"abandoned", tide, func(p *script) { p.sends(1, 2).gets(1).is(Left).wait(11 * second).judge().calls(Cancelled) }, nil},
		{"not cancelled for one that stalls", plain, func(p *script) { p.is(Stalled).ahead(1, 1).wait(13 * second).judge() }, []report.Kind{report.CancelMissing}},
		{"goes on after the end", plain, func(p *script) { p.sends(1, 1).gets(1).ends(Told).wait(4 * second).judge() }, []report.Kind{report.CancelMissing}},

		{"cancelled early", plain, func(p *script) { p.sends(1, 2).gets(1, 2).wait(20 * second).calls(Cancelled).ends(Told) }, []report.Kind{report.CancelEarly}},
		{"cancelled early, though behind", plain, func(p *script) { p.sends(1, 2).gets(1).wait(8 * second).calls(Cancelled).ends(Told) }, []report.Kind{report.CancelEarly}},
		{"cancelled for being behind", plain, func(p *script) { p.sends(1, 2).gets(1).wait(10 * second).calls(Cancelled).ends(Told) }, nil},
		{"cancelled for not acknowledging", tide, func(p *script) { p.sends(1, 2).gets(1, 2).acks(1).wait(10 * second).calls(Cancelled).ends(Told) }, nil},
		{"cancelled while away", tide, func(p *script) { p.sends(1, 2).gets(1, 2).acks(2).is(Away).wait(5 * second).calls(Cancelled) }, []report.Kind{report.CancelEarly}},
		{"cancelled for staying away", tide, func(p *script) { p.sends(1, 2).gets(1, 2).acks(2).is(Away).wait(10 * second).calls(Cancelled) }, nil},
		{"back in time, then cancelled", tide, func(p *script) { p.is(Away).wait(8 * second).back().wait(2 * second).calls(Cancelled) }, []report.Kind{report.CancelEarly}},
		{"closed after the marker", plain, func(p *script) { p.sends(1, 1).gets(1).marks().calls(Cancelled).ends(Whole) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := play(t, c.setup)
			c.play(p)
			r := p.Close(p.at)
			var got []report.Kind
			for _, v := range r.Violations {
				got = append(got, v.Kind)
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("want %v, got %+v", c.want, r.Violations)
			}
			if n := len(r.Violations); n > 0 && r.Timeline[len(r.Timeline)-1].Who == "" {
				t.Error("there is no timeline")
			}
		})
	}
}

// gets has the client get a range, and acknowledge as it goes.
func gets(p *script, from, to int) {
	for n := from; n <= to; n++ {
		p.gets(n).acks(uint64(n))
	}
}

// A stream that was never accepted can't be come back to: whatever ended its
// connection ended it.
func TestNeverAccepted(t *testing.T) {
	s := New(Setup{Limits: &limits, Witnessed: true, Resumable: true, Begun: start})
	s.Called(start)
	s.Sent(nil, data(1), start)
	s.CallOver(Cancelled, start.Add(time.Second))
	if r := s.Close(start.Add(time.Second)); len(r.Violations) > 0 {
		t.Errorf("%+v", r.Violations)
	}
}

// Who comes back too late may find the stream abandoned, and be told so only
// then.
func TestBackTooLate(t *testing.T) {
	for _, c := range []struct {
		away time.Duration
		want int
	}{{8 * time.Second, 1}, {10 * time.Second, 0}} {
		p := play(t, Setup{Resumable: true})
		p.sends(1, 2).gets(1, 2).acks(2).is(Away).wait(c.away).back().ends(Told).calls(Cancelled)
		if r := p.Close(p.at); len(r.Violations) != c.want {
			t.Errorf("away for %v: %+v", c.away, r.Violations)
		}
	}
}

// A connection that the target has broken may have been so since it was last
// heard.
func TestBrokenWhilePausing(t *testing.T) {
	p := play(t, Setup{Resumable: true})
	p.sends(1, 1).gets(1).acks(1).is(Paused).wait(10 * time.Second)
	p.Broke("reset", p.at)
	p.wait(time.Second).calls(Cancelled)
	if r := p.Close(p.at); len(r.Violations) > 0 {
		t.Errorf("%+v", r.Violations)
	}
}
