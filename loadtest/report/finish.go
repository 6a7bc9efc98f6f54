package report

import (
	"math"
	"slices"
	"strings"
)

// Finish fills in what follows from the rest, brings lists into their order
// and cuts them to their bounds. Call it once, last; what it did it can do
// again.
func (r *Report) Finish() {
	r.Version = Version
	for i := range r.Runs {
		r.Runs[i].finish()
	}
	r.Ratios = nil
	if len(r.Runs) == 2 {
		r.Ratios = compare(&r.Runs[0], &r.Runs[1])
	}
}

func (r *Run) finish() {
	if r.Server != nil {
		// Memory is given back late, if at all: its peak belongs to the most
		// streams there were, not to those of its moment.
		for i := range r.Samples {
			r.Server.PeakStreams = max(r.Server.PeakStreams, r.Samples[i].States.sum())
		}
	}
	r.Server.finish(r.Total)
	for i := range r.Turns {
		r.Turns[i].Server.finish(r.Turns[i].Figures)
	}
	for i := range r.Samples {
		s := &r.Samples[i]
		s.Tokens, s.Sent = finite(s.Tokens), finite(s.Sent)
	}
	r.Checks = inOrder(r.Checks)
	slices.SortStableFunc(r.Violations, func(a, b Violation) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return 0
	})
	r.Violations = r.Violations[:min(len(r.Violations), MaxViolations)]
	for i := range r.Violations {
		r.Violations[i].bound()
	}
}

// finite makes 0 of what was divided by no time at all: JSON has no word for
// it.
func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

func (s *Server) finish(of Figures) {
	if s == nil {
		return
	}
	s.CPUPerToken, s.MemoryPerStream = 0, 0
	if of.Tokens > 0 {
		s.CPUPerToken = s.CPU / Seconds(of.Tokens)
	}
	if s.Memory != nil && s.PeakStreams > 0 {
		s.MemoryPerStream = max(0, s.Memory.Peak-s.Memory.Start) / s.PeakStreams
	}
}

// inOrder lists every kind once, also those of which nobody said anything, so
// that no reader takes what was not judged for what was not found.
func inOrder(checks []Check) []Check {
	all := make([]Check, len(Kinds))
	for i, kind := range Kinds {
		all[i].Kind = kind
		for _, c := range checks {
			if c.Kind == kind {
				all[i].Judged += c.Judged
				all[i].Found += c.Found
			}
		}
	}
	return all
}

// bound keeps the timeline's beginning and end: how a stream began, and what
// went before the violation.
func (v *Violation) bound() {
	over := len(v.Timeline) - MaxMoments
	if over <= 0 {
		return
	}
	v.Timeline = slices.Delete(slices.Clone(v.Timeline), MaxMoments/4, MaxMoments/4+over)
	v.Omitted += over
}

// Failed tells whether a promise was broken: the command's exit status is 1.
func (r *Report) Failed() bool {
	return slices.ContainsFunc(r.Runs, func(run Run) bool { return run.found() > 0 })
}

func (r *Run) found() int64 {
	var sum int64
	for _, c := range r.Checks {
		sum += c.Found
	}
	return sum
}

// judged counts the kinds of which the run can say something.
func (r *Run) judged() int {
	n := 0
	for _, c := range r.Checks {
		if c.Judged > 0 {
			n++
		}
	}
	return n
}

// unjudged names the kinds of which the run says nothing.
func (r *Run) unjudged() (names []string) {
	for _, c := range r.Checks {
		if c.Judged == 0 {
			names = append(names, string(c.Kind))
		}
	}
	return names
}

func (e Ends) sum() int64 {
	return e.Whole + e.Left + e.CutOff + e.Told + e.Refused + e.Failed + e.Open
}

// accounted tells whether every call of the provider's has an end.
func (p *Provider) accounted() bool {
	return p.Open == 0 && p.Calls == p.Finished+p.Faulted+p.Cancelled+p.Refused
}

// tooLate is how late an arrival may be before it says something of the
// figures.
const tooLate = Seconds(0.1)

// doubts are the reasons to believe a run's figures less.
func (r *Run) doubts() []string {
	var all []string
	if missing := r.Total.Streams - r.Total.Ends.sum(); missing != 0 {
		all = append(all, count(missing)+" streams have no end in the figures")
	}
	if n := r.Total.Ends.Failed; n > 0 {
		all = append(all, count(n)+" streams broke off for a reason that neither profile nor fault explains")
	}
	if p := r.Provider; p != nil && !p.accounted() {
		all = append(all, "the provider's calls do not add up: "+count(p.Open)+" are still open")
	}
	if n := r.Generator.Shed; n > 0 {
		all = append(all, count(n)+" streams were left out: as many as may be under way at once already were")
	}
	if r.Generator.Behind > tooLate {
		all = append(all, "streams began up to "+span(r.Generator.Behind)+" late: this machine was too busy for the load")
	}
	if s := r.Server; s != nil && s.CPU > 0 && r.Generator.CPU > s.CPU {
		all = append(all, "the generator took more processor time than the target: measure on a machine with more processors")
	}
	if names := r.unjudged(); len(names) > 0 {
		all = append(all, "nothing could be said of "+strings.Join(names, ", "))
	}
	return all
}
