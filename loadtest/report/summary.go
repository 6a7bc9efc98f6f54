package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Summary writes what matters most so that it fits the screen: who promised
// what and kept it, the figures, and as many rows of the table as there is room
// for, the worst first. Call [Report.Finish] before.
func (r *Report) Summary(w io.Writer, screen Screen) error {
	p := &paper{screen: screen}
	if len(r.Runs) > 1 {
		r.beside(p)
	} else {
		for i := range r.Runs {
			r.alone(p, &r.Runs[i])
		}
	}
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("report: summary: %w", err)
	}
	return nil
}

// paper is a screenful of lines.
type paper struct {
	screen Screen
	all    []*line
}

func (p *paper) line() *line {
	l := &line{max: p.screen.columns(), color: p.screen.Color}
	p.all = append(p.all, l)
	return l.add(plain, " ")
}

func (p *paper) named(name string) *line {
	return p.line().add(soft, name).to(label + 1)
}

func (p *paper) blank() { p.all = append(p.all, &line{}) }

func (p *paper) room() int { return p.screen.lines() - len(p.all) }

func (p *paper) String() string {
	var b strings.Builder
	for _, l := range p.all[:min(len(p.all), max(1, p.screen.lines()))] {
		b.WriteString(l.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// alone is the summary of one target.
func (r *Report) alone(p *paper, run *Run) {
	r.title(p)
	r.verdict(p, run)
	p.blank()
	ends(p.named("ended"), run.Total.Ends)
	totals(p, run)
	p.blank()
	times(p, &run.Total)
	for _, doubt := range run.doubts() {
		if p.room() < 4 {
			break
		}
		p.line().add(wait, "! ").add(plain, doubt)
	}
	rows(p, run)
}

func (r *Report) title(p *paper) {
	l := p.line().add(bold, "load test").add(plain, "  ")
	for i := range r.Runs {
		if i > 0 {
			l.add(soft, " and ")
		}
		l.add(accent, foreign(r.Runs[i].Name))
	}
	l.add(soft, "  "+r.Started.Format("2006-01-02 15:04")+"  ")
	for i := range r.Runs {
		if i > 0 {
			l.add(soft, " and ")
		}
		l.add(soft, span(r.Runs[i].Elapsed))
	}
	if r.Interrupted {
		l.add(wait, "  stopped early")
	}
}

// verdict is the line that is read first.
func (r *Report) verdict(p *paper, run *Run) {
	l := p.line()
	if len(r.Runs) > 1 {
		l.add(accent, short(run.Name)).to(18)
	}
	if n := run.found(); n == 0 {
		l.add(good, "✓ no violations").add(plain, " in "+several(run.Total.Streams, "stream", "streams"))
		l.add(soft, "  ("+strconv.Itoa(run.judged())+" of "+strconv.Itoa(len(Kinds))+" kinds judged)")
	} else {
		l.add(bad, "✗ "+several(n, "violation", "violations")).add(plain, " in "+several(run.Total.Streams, "stream", "streams")+": ")
		first := true
		for _, c := range run.Checks {
			if c.Found == 0 {
				continue
			}
			if !first {
				l.add(plain, ", ")
			}
			first = false
			l.add(bad, count(c.Found)).add(plain, " "+string(c.Kind))
		}
	}
}
