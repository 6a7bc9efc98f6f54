package loadtest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/loadtest/check"
	"tidegate/loadtest/report"
)

// hasty are limits of a target whose keep-alive is a test's.
var hasty = check.Limits{KeepAlive: doubleKeepAlive, Cancel: 2 * time.Second, Slack: 4 * time.Second, Raw: 8}

func mix(t *testing.T, text string, known []string) []report.Weight {
	t.Helper()
	m, err := ParseMix(text, known)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestBroken: for each kind of violation a gateway that is broken in just that
// way is caught, and named.
func TestBroken(t *testing.T) {
	for _, c := range []struct {
		flaw      string
		transport string
		profile   string
		fault     string
		want      report.Kind
	}{
		{flawless, "plain", "steady,slow,trickle,stalled,leaver,vanisher,reloader", "none,cut,error,end,refuse,slow", ""},
		{flawless, "ws", "steady,slow,stalled,leaver,greedy,miser,acks-late,acks-twice,trickle", "none,cut,error,end", ""},

		{loses, "plain", "steady", "none", report.Lost},
		{loses, "ws", "steady", "none", report.Lost},
		{loseLast, "ws", "steady", "none", report.Lost},
		{doubles, "plain", "steady", "none", report.Doubled},
		{doubles, "ws", "steady", "none", report.Doubled},
		{swaps, "plain", "steady", "none", report.Reordered},
		{swaps, "ws", "steady", "none", report.Reordered},
		{alters, "plain", "steady", "none", report.Altered},
		{alters, "ws", "steady", "none", report.Altered},
		{shortens, "plain", "steady", "cut", report.Short},
		{shortens, "plain", "steady", "end", report.Short},
		{shortens, "ws", "steady", "reset", report.Short},
		{neverEnds, "plain", "steady", "none", report.EndMissing},
		{neverEnds, "ws", "steady", "none", report.EndMissing},
		{calledWhole, "plain", "steady", "none", report.EndMissing},
		{calledWhole, "ws", "steady", "none", report.EndMissing},
		{endsTwice, "plain", "steady", "none", report.EndTwice},
		{endsTwice, "ws", "steady", "none", report.EndTwice},
		{goesOn, "plain", "steady", "none", report.EndTwice},
		{goesOn, "ws", "steady", "none", report.EndTwice},
		{generous, "ws", "miser", "none", report.BeyondCredit},
		{boundless, "ws", "stalled", "none", report.BeyondBuffer},
		{hoards, "plain", "stalled", "none", report.BeyondBuffer},
		{deaf, "plain", "leaver", "none", report.CancelMissing},
		{deafToStop, "ws", "leaver", "none", report.CancelMissing},
		{patientless, "plain", "steady", "none", report.CancelEarly},
		{patientless, "ws", "steady", "none", report.CancelEarly},
	} {
		name := c.flaw
		if name == flawless {
			name = "flawless"
		}
		t.Run(name+"/"+c.transport+"/"+c.fault, func(t *testing.T) {
			t.Parallel()
			o := Options{
				Start: startDouble(c.flaw), Streams: 12, Rate: 100, Duration: time.Minute, Tokens: 100, Pace: 200,
				Profiles: mix(t, c.profile, ProfileNames()), Faults: mix(t, c.fault, FaultNames()),
				Transports: []string{c.transport}, Limits: hasty, Seed: 1,
			}
			switch c.want {
			case report.CancelMissing:
				o.Tokens = 1000 // the call goes on
			case report.BeyondCredit:
				o.Pace = 0 // events wait for credit
			case report.BeyondBuffer:
				o.Limits.Held = 12 << 10
			}
			r, err := Run(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, r, c.want)
		})
	}
}

// expect holds a report against the one kind of violation that there should
// be.
func expect(t *testing.T, r *report.Report, want report.Kind) {
	t.Helper()
	run := r.Runs[0]
	for _, c := range run.Checks {
		if found := c.Found > 0; found != (c.Kind == want) {
			t.Errorf("%s: found in %d of %d streams", c.Kind, c.Found, c.Judged)
		}
	}
	for _, v := range run.Violations {
		if t.Failed() {
			t.Logf("%s %s %s %s: %s\n%s", v.Kind, v.Profile, v.Transport, v.Fault, v.Message, timeline(v))
		}
		if v.Message == "" || len(v.Timeline) < 3 || !slices.ContainsFunc(v.Timeline, func(m report.Moment) bool {
			return m.Who == check.Checker && strings.Contains(m.What, string(v.Kind))
		}) {
			t.Errorf("a violation without its timeline: %+v", v)
		}
	}
	if r.Failed() != (want != "") {
		t.Errorf("failed: %v", r.Failed())
	}
}

func timeline(v report.Violation) string {
	var b strings.Builder
	for _, m := range v.Timeline {
		b.WriteString(m.At.Duration().String() + " " + m.Who + " " + m.What + "\n")
	}
	return b.String()
}
