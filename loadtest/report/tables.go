package report

import "strconv"

// timesTable has a run's latencies.
type timesTable struct {
	Of, Class string
	Rows      []timesLine
}

type timesLine struct {
	Name, Meaning string
	Values        []string
}

// timesHead are the columns of a timesTable.
var timesHead = []string{"count", "min", "mean", "p50", "p90", "p99", "p99.9", "max"}

func (r *Run) timesTable(v verdict) timesTable {
	t := timesTable{Of: v.Of, Class: v.Class}
	for _, row := range r.Total.times() {
		h := row.h
		values := []string{count(h.Count)}
		for _, s := range []Seconds{h.Min, h.Mean, h.P50, h.P90, h.P99, h.P999, h.Max} {
			values = append(values, h.measured(s))
		}
		t.Rows = append(t.Rows, timesLine{row.name, row.meaning, values})
	}
	return t
}

// runPage is what is said of one run alone.
type runPage struct {
	Of, Class  string
	Rows       []rowLine
	Checks     []checkLine
	Violations []violationPage
	More       string // what was left out of Violations
	Provider   []fact
	Server     []fact
	Generator  []fact
}

// rowLine is a line of the table by profile and transport.
type rowLine struct {
	Profile, Transport string
	Span               int // rows of this profile, in its first; 0 in the others
	Streams            string
	Ends               []bar
	EndsText           string
	Values             []string
	Violations         string
	Bad                bool
}

// rowHead are the columns of rowLine.Values.
var rowHead = []string{"tokens", "first p50", "first p99", "added p50", "added p99", "added max", "cancel p99", "reconnects", "wasted"}

// bar is a part of a bar of shares, in percent.
type bar struct {
	From, Width float64
	Class       string
}

type checkLine struct {
	Kind, Meaning, Judged, Found string
	Class                        string // good, bad or unknown
}

type violationPage struct {
	Violation
	Title string
	Line  timeline
	Open  bool
}

func (r *Run) page(v verdict) runPage {
	p := runPage{Of: v.Of, Class: v.Class, Rows: rowLines(r.Rows)}
	for _, c := range r.Checks {
		line := checkLine{Kind: string(c.Kind), Meaning: sentences[c.Kind], Judged: count(c.Judged), Found: count(c.Found), Class: "good"}
		switch {
		case c.Found > 0:
			line.Class = "bad"
		case c.Judged == 0:
			line.Class, line.Judged, line.Found = "unknown", "not judged", none
		}
		p.Checks = append(p.Checks, line)
	}
	p.violations(r)
	if s := r.Provider; s != nil {
		p.Provider = []fact{
			{"calls", count(s.Calls)}, {"finished", count(s.Finished)}, {"ended by their fault", count(s.Faulted)},
			{"cancelled", count(s.Cancelled)}, {"refused", count(s.Refused)}, {"still open", count(s.Open)},
			{"events, bytes sent", count(s.Events) + ", " + sizeText(s.Bytes)},
		}
	}
	if s := r.Server; s != nil {
		p.Server = s.page()
	}
	p.Generator = []fact{{"processor time", span(r.Generator.CPU)}, {"arrivals late by at most", span(r.Generator.Behind)}}
	return p
}

func (s *Server) page() []fact {
	all := []fact{{"processor time", span(s.CPU) + ", " + span(s.CPUPerToken) + " a token"}}
	gauge := func(name string, g *Gauge, text func(int64) string) {
		if g != nil {
			all = append(all, fact{name, text(g.Start) + " before, " + text(g.Peak) + " at most, " + text(g.End) + " after"})
		}
	}
	gauge("memory", s.Memory, sizeText)
	gauge("goroutines", s.Goroutines, count)
	gauge("descriptors", s.Files, count)
	if s.PeakStreams > 0 {
		all = append(all, fact{"streams when memory was highest", count(s.PeakStreams)})
	}
	return all
}

func rowLines(rows []Row) []rowLine {
	all := make([]rowLine, 0, len(rows))
	first := 0 // of the same profile
	for i := range rows {
		r := &rows[i]
		line := rowLine{Profile: r.Profile, Transport: r.Transport, Streams: count(r.Streams), Violations: count(r.Violations), Bad: r.Violations > 0}
		line.Ends, line.EndsText = shares(r.Ends)
		line.Values = []string{count(r.Tokens),
			r.FirstToken.measured(r.FirstToken.P50), r.FirstToken.measured(r.FirstToken.P99),
			r.Added.measured(r.Added.P50), r.Added.measured(r.Added.P99), r.Added.measured(r.Added.Max),
			r.Cancel.measured(r.Cancel.P99), count(r.Reconnects), count(r.Wasted)}
		all = append(all, line)
		if r.Profile != all[first].Profile {
			first = i
		}
		all[first].Span++
	}
	return all
}

// shares are the parts of a bar of ends, and the same in words.
func shares(e Ends) (parts []bar, text string) {
	sum := e.sum()
	if sum == 0 {
		return nil, none
	}
	at := 0.0
	for _, one := range e.parts() {
		if one.n == 0 {
			continue
		}
		width := float64(one.n) / float64(sum) * 100
		parts = append(parts, bar{at, width, one.class})
		at += width
		if text != "" {
			text += ", "
		}
		text += count(one.n) + " " + one.name
	}
	return parts, text
}

// maxDetailed is how many violations of a kind are drawn: those beyond say
// nothing new, and JSON has them.
const maxDetailed = 5

func (p *runPage) violations(r *Run) {
	drawn := map[Kind]int{}
	for i := range r.Violations {
		v := &r.Violations[i]
		if drawn[v.Kind]++; drawn[v.Kind] > maxDetailed {
			continue
		}
		title := sentences[v.Kind]
		if title == "" {
			title = string(v.Kind)
		}
		p.Violations = append(p.Violations, violationPage{Violation: *v, Title: title, Line: v.timeline(), Open: drawn[v.Kind] == 1})
	}
	if left := len(r.Violations) - len(p.Violations); left > 0 {
		p.More = strconv.Itoa(left) + " further timelines are in the JSON report."
	}
	if left := r.found() - int64(len(r.Violations)); left > 0 {
		p.More += " Of " + several(left, "violation", "violations") + " no timeline was kept."
	}
}
