package report

import (
	"strconv"
	"strings"
	"time"
)

// page is what the template of the HTML report is given: everything is text
// already, or a place.
type page struct {
	Title    string
	When     string
	Stopped  bool
	Verdicts []verdict
	Tiles    []tile
	Names    []string // the runs', where there are two
	Ratios   []ratioRow
	Panels   []panel
	Times    []timesTable
	Runs     []runPage
	Asked    []fact
	Machine  []fact
	Ends     []key
}

type verdict struct {
	Bad          bool
	Of           string
	Class        string
	Target       string
	Text, Detail string
	Doubts       []string
}

type tile struct{ Name, Value, Detail string }

// fact is a figure, as text, with its name.
type fact struct{ Name, Value string }

func (r *Report) page() page {
	p := page{
		Title:   "Load test",
		When:    r.Started.Format("2 January 2006, 15:04 MST"),
		Stopped: r.Interrupted,
		Panels:  r.panels(),
		Asked:   r.Asked.facts(),
		Machine: r.Machine.facts(),
	}
	for _, one := range (Ends{}).parts() {
		p.Ends = append(p.Ends, key{one.class, one.name, one.meaning})
	}
	if r.Program != "" {
		p.Machine = append([]fact{{"measured by", r.Program}}, p.Machine...)
	}
	for i := range r.Runs {
		run := &r.Runs[i]
		v := run.verdict()
		v.Class = runClasses[i%len(runClasses)]
		if len(r.Runs) > 1 {
			v.Of = run.Name
			p.Names = append(p.Names, run.Name)
		}
		p.Verdicts = append(p.Verdicts, v)
		p.Times = append(p.Times, run.timesTable(v))
		p.Runs = append(p.Runs, run.page(v))
	}
	if len(r.Runs) == 1 {
		p.Tiles = r.Runs[0].tiles()
	}
	p.Ratios = ratioRows(r.Ratios)
	return p
}

func (r *Run) verdict() verdict {
	v := verdict{Target: r.Target, Doubts: r.doubts()}
	found := r.found()
	v.Bad = found > 0
	v.Text = "No violations"
	if v.Bad {
		v.Text = several(found, "violation", "violations")
	}
	v.Detail = several(r.Total.Streams, "stream", "streams") + " in " + span(r.Elapsed) + ", " +
		several(r.Total.Tokens, "token", "tokens") + ", " +
		strconv.Itoa(r.judged()) + " of " + strconv.Itoa(len(Kinds)) + " kinds of violations judged"
	if r.Provider != nil && r.Provider.accounted() {
		v.Detail += ", every provider call accounted for"
	}
	return v
}

func (a Asked) facts() []fact {
	return []fact{
		{"streams", count(int64(a.Streams)) + ", " + figure(a.Rate) + " new a second"},
		{"ramp, duration", span(a.Ramp) + ", " + span(a.Duration)},
		{"tokens", count(int64(a.Tokens)) + " a stream, " + figure(a.Pace) + " a second"},
		{"profiles", mix(a.Profiles)},
		{"faults", mix(a.Faults)},
		{"transports", strings.Join(a.Transports, ", ")},
		{"plain API", a.API},
		{"provider", a.Provider},
		{"seed", strconv.FormatUint(a.Seed, 10)},
	}
}

func mix(weights []Weight) string {
	var parts []string
	for _, w := range weights {
		parts = append(parts, w.Name+" "+figure(w.Weight))
	}
	return strings.Join(parts, ", ")
}

func (m Machine) facts() []fact {
	all := []fact{{"system", strings.TrimSpace(m.System + " " + m.Kernel)}}
	processor := several(int64(m.Processors), "processor", "processors")
	if m.Processor != "" {
		processor += ", " + m.Processor
	}
	all = append(all, fact{"processors", processor})
	if m.MemoryBytes > 0 {
		all = append(all, fact{"memory", sizeText(m.MemoryBytes)})
	}
	if m.Go != "" {
		all = append(all, fact{"Go", m.Go})
	}
	return all
}

// stamp says when for machines, as the time element wants it.
func stamp(t time.Time) string { return t.Format(time.RFC3339) }
