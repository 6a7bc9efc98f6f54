package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFinishDerives(t *testing.T) {
	r := made()
	s := r.Runs[0].Server
	if want := Seconds(20) / 620_000; s.CPUPerToken != want {
		t.Errorf("%v a token, want %v", s.CPUPerToken, want)
	}
	if want := int64(38<<20) / 1100; s.MemoryPerStream != want {
		t.Errorf("%d bytes a stream, want %d", s.MemoryPerStream, want)
	}
	crowd := made()
	crowd.Runs[0].Samples[7].States.Away = 5000
	crowd.Finish()
	if got, want := crowd.Runs[0].Server.PeakStreams, crowd.Runs[0].Samples[7].States.sum(); got != want {
		t.Errorf("%d streams at most, the samples say %d", got, want)
	}
	pair := madePair()
	if turn := pair.Runs[0].Turns[0]; turn.Server.CPUPerToken != 2/Seconds(turn.Tokens) {
		t.Errorf("a turn's processor time per token is %v", turn.Server.CPUPerToken)
	}
	if len(r.Ratios) != 0 || len(pair.Ratios) == 0 {
		t.Errorf("%d ratios of one run, %d of two", len(r.Ratios), len(pair.Ratios))
	}
}

func TestFinishTwiceIsFinishOnce(t *testing.T) {
	once, twice := broken(Lost, Doubled), broken(Lost, Doubled)
	twice.Finish()
	if diff := cmp.Diff(once, twice); diff != "" {
		t.Error(diff)
	}
}

func TestFinishListsAllKinds(t *testing.T) {
	r := &Report{Runs: []Run{{Checks: []Check{{Altered, 5, 1}, {Lost, 3, 0}, {Lost, 4, 2}}}}}
	r.Finish()
	checks := r.Runs[0].Checks
	var kinds []Kind
	for _, c := range checks {
		kinds = append(kinds, c.Kind)
	}
	if !slices.Equal(kinds, Kinds) {
		t.Errorf("the kinds are %v", kinds)
	}
	if checks[0] != (Check{Lost, 7, 2}) || checks[3] != (Check{Altered, 5, 1}) || checks[1] != (Check{Doubled, 0, 0}) {
		t.Errorf("the checks are %v", checks)
	}
	if got := r.Runs[0].found(); got != 3 {
		t.Errorf("%d violations in all, want 3", got)
	}
	for _, kind := range Kinds {
		if sentences[kind] == "" {
			t.Errorf("%s has no sentence", kind)
		}
	}
}

func TestFinishBounds(t *testing.T) {
	r := made()
	run := &r.Runs[0]
	for i := range MaxViolations + 10 {
		run.Violations = append(run.Violations, Violation{Kind: Lost, At: Seconds(1000 - i)})
	}
	last := &run.Violations[len(run.Violations)-1] // the earliest
	last.Omitted = 5
	for i := range MaxMoments + 7 {
		last.Timeline = append(last.Timeline, Moment{At: Seconds(i), Who: "client"})
	}
	r.Finish()
	if len(run.Violations) != MaxViolations {
		t.Fatalf("%d violations are kept, want %d", len(run.Violations), MaxViolations)
	}
	if !slices.IsSortedFunc(run.Violations, func(a, b Violation) int { return int(a.At - b.At) }) {
		t.Error("the violations are not in the order of their moments")
	}
	v := run.Violations[0]
	if len(v.Timeline) != MaxMoments || v.Omitted != 12 {
		t.Errorf("%d moments are kept and %d left out, want %d and 12", len(v.Timeline), v.Omitted, MaxMoments)
	}
	if v.Timeline[0].At != 0 || v.Timeline[MaxMoments-1].At != Seconds(MaxMoments+6) {
		t.Error("the timeline has lost its beginning or its end")
	}
}

func TestFailed(t *testing.T) {
	if made().Failed() {
		t.Error("a report without violations has failed")
	}
	if !broken(CancelEarly).Failed() {
		t.Error("a report with a violation has not failed")
	}
	pair := madePair()
	pair.Runs[1].Checks[0].Found = 1
	if !pair.Failed() {
		t.Error("a violation of the second target does not count")
	}
}

func TestDoubts(t *testing.T) {
	if all := made().Runs[0].doubts(); len(all) != 0 {
		t.Errorf("a good run is doubted: %q", all)
	}
	for _, c := range []struct {
		want  string
		spoil func(*Run)
	}{
		{"no end in the figures", func(r *Run) { r.Total.Ends.Whole-- }},
		{"neither profile nor fault", func(r *Run) { r.Total.Ends.Failed, r.Total.Ends.Whole = 1, r.Total.Ends.Whole-1 }},
		{"do not add up", func(r *Run) { r.Provider.Open = 1 }},
		{"do not add up", func(r *Run) { r.Provider.Finished-- }},
		{"left out", func(r *Run) { r.Generator.Shed = 1 }},
		{"late", func(r *Run) { r.Generator.Behind = 2 }},
		{"more processor time than the target", func(r *Run) { r.Generator.CPU = 21 }},
		{"nothing could be said of short", func(r *Run) { r.Checks[4].Judged = 0 }},
	} {
		run := &made().Runs[0]
		c.spoil(run)
		if all := run.doubts(); len(all) != 1 || !strings.Contains(all[0], c.want) {
			t.Errorf("want one doubt with %q, got %q", c.want, all)
		}
	}
}
