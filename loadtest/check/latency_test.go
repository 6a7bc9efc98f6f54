package check

import (
	"testing"
	"time"

	"tidegate/loadtest/report"
)

// A provider that was kept from writing is late, and so is everything that it
// would have said meanwhile: each event counts from when it was due.
func TestPlannedMoments(t *testing.T) {
	s := New(Setup{Limits: &limits, Witnessed: true, Begun: start, Interval: 100 * time.Millisecond})
	s.Called(start)
	ms := func(n int) time.Time { return start.Add(time.Duration(n) * time.Millisecond) }
	var added []time.Duration
	event := func(n, sent, written, got int) {
		s.Sent(nil, data(n), ms(sent))
		s.Written(ms(written))
		d, known := s.Got(&Event{Data: data(n)}, ms(got))
		if !known {
			t.Fatal(n)
		}
		added = append(added, d)
	}
	event(1, 0, 0, 1)
	event(2, 105, 105, 107)     // late by the provider's own doing
	event(3, 205, 705, 705)     // the write blocks for half a second
	event(4, 705, 705, 706)     // was due at 305
	event(5, 705, 706, 707)     // at 405
	event(6, 706, 706, 707)     // at 505
	event(7, 706, 706, 707)     // at 605
	event(8, 706, 706, 707)     // at 705
	event(9, 806, 806, 807)     // on time again
	event(10, 2000, 2000, 2001) // after a silence that was meant
	for i, want := range []int{1, 2, 500, 401, 302, 202, 102, 2, 1, 1} {
		if got := added[i]; got != time.Duration(want)*time.Millisecond {
			t.Errorf("event %d: %v added, want %d ms", i+1, got, want)
		}
	}
	r := s.Close(ms(2001))
	if len(r.Pauses) != 1 || r.Pauses[0] != 500*time.Millisecond {
		t.Errorf("pauses %v", r.Pauses)
	}
}

// What a stream remembers is what is under way, however long it is.
func TestMemoryIsBounded(t *testing.T) {
	for _, resumable := range []bool{false, true} {
		s := New(Setup{Limits: &limits, Witnessed: true, Begun: start, Resumable: resumable})
		s.Granted(1 << 40)
		s.Attached(4096, start)
		for n := 1; n <= 100_000; n++ {
			s.Sent(nil, data(n), start)
			s.Got(&Event{Seq: uint64(n), Data: data(n)}, start)
			s.Acked(uint64(n))
		}
		if s.flight.len() > 1 || cap(s.flight.all) > 1000 || s.unacked.events.len() > 0 {
			t.Errorf("resumable %v: %d events are remembered, in room for %d", resumable, s.flight.len(), cap(s.flight.all))
		}
		if r := s.Close(start); len(r.Violations) > 0 || r.Got != 100_000 {
			t.Errorf("%+v", r)
		}
	}
}

func TestTimelineIsBounded(t *testing.T) {
	var l timeline
	for n := range 1000 {
		l.add(report.Moment{At: report.Seconds(n)})
	}
	all, omitted := l.all()
	if len(all) != report.MaxMoments || omitted != 1000-report.MaxMoments {
		t.Fatal(len(all), omitted)
	}
	if all[keepFirst-1].At != keepFirst-1 || all[keepFirst].At != 1000-keepLast || all[len(all)-1].At != 999 {
		t.Error(all)
	}
}

func TestCost(t *testing.T) {
	s := New(Setup{Limits: &limits, Witnessed: true, Begun: start})
	text := data(1)
	n := testing.AllocsPerRun(1000, func() {
		s.Sent(nil, text, start)
		s.Got(&Event{Data: text}, start)
	})
	if n > 0.1 {
		t.Errorf("an event allocates %v times", n)
	}
}
