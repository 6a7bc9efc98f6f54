package report

import "strings"

// label is the column at which what follows a line's name begins.
const label = 12

// statusLines draw a status. There are never more than the screen has, as only
// what is on it can be redrawn.
func statusLines(s Status, screen Screen) []string {
	var all []string
	add := func(l *line) { all = append(all, l.String()) }
	named := func(name string) *line {
		l := &line{max: screen.columns() - 1, color: screen.Color}
		return l.add(plain, " ").add(soft, name).to(label)
	}

	top := &line{max: screen.columns() - 1, color: screen.Color}
	top.add(plain, " ").add(bold, foreign(s.Phase)).to(label).add(accent, foreign(s.Target)).add(plain, "  ")
	progress(top, s)
	add(top)

	under := named("streams")
	states(under, s.States)
	under.add(soft, "  "+begun(s))
	add(under)
	if screen.Color {
		add(named("").bar(min(screen.columns()-label-2, 60), []share{
			{s.States.Reading, accent}, {s.States.Pausing, wait}, {s.States.Away, violet}, {s.States.Waiting, soft},
		}))
	}
	add(ends(named("ended"), s.Ends))
	add(named("tokens").add(plain, figure(s.Tokens)+"/s").add(soft, "  "+several(s.Reconnects, "reconnect", "reconnects")))
	l := named("latency").add(soft, "first token ").add(plain, s.FirstToken.String())
	add(l.add(soft, "   added ").add(plain, s.Added.String()).add(soft, "  p50 / p99"))

	l = named("violations")
	if s.Violations == 0 {
		l.add(good, "0")
	} else {
		l.add(bad, count(s.Violations)).add(plain, "  last: "+foreign(s.Last))
	}
	add(l)
	return all[:min(len(all), max(1, screen.lines()))]
}

// statusLine is the same in one line, for a log.
func statusLine(s Status) string {
	l := &line{max: 240}
	l.add(plain, foreign(s.Phase)+" "+foreign(s.Target)+" "+span(s.Elapsed)+": "+begun(s)+", ")
	l.add(plain, count(s.States.sum())+" under way, "+count(s.Ends.sum())+" ended, ")
	l.add(plain, figure(s.Tokens)+" tokens/s, first token "+s.FirstToken.String()+", added "+s.Added.String())
	l.add(plain, " (p50 / p99), "+several(s.Violations, "violation", "violations"))
	return l.String()
}

func (s States) sum() int64 { return s.Waiting + s.Reading + s.Pausing + s.Away }

func (b Brief) String() string {
	if b == (Brief{}) {
		return none
	}
	return span(b.P50) + " / " + span(b.P99)
}

func begun(s Status) string {
	if s.Planned >= s.Started && s.Planned > 0 { // clients that call again are more than planned
		return count(s.Started) + " of " + count(s.Planned) + " begun"
	}
	return count(s.Started) + " begun"
}

// progress is by time where a run's length is known, by streams otherwise.
func progress(l *line, s Status) {
	done := 0.0
	switch {
	case s.Duration > 0:
		done = float64(s.Elapsed / s.Duration)
	case s.Planned > 0:
		done = float64(s.Ends.sum()) / float64(s.Planned)
	default:
		l.add(plain, span(s.Elapsed))
		return
	}
	done = min(max(done, 0), 1)
	const cells = 24
	full := int(done * cells)
	l.add(accent, strings.Repeat("█", full)).add(soft, strings.Repeat("░", cells-full))
	l.add(plain, "  "+count(int64(done*100))+" %  ").add(soft, span(s.Elapsed))
	if s.Duration > 0 {
		l.add(soft, " of "+span(s.Duration))
	}
}

func states(l *line, s States) {
	l.add(plain, count(s.Waiting)).add(soft, " waiting · ")
	l.add(accent, count(s.Reading)).add(soft, " reading · ")
	l.add(wait, count(s.Pausing)).add(soft, " pausing · ")
	l.add(violet, count(s.Away)).add(soft, " away")
}

// ends names those that there are.
func ends(l *line, e Ends) *line {
	first := true
	for _, one := range e.parts() {
		if one.n == 0 {
			continue
		}
		if !first {
			l.add(soft, " · ")
		}
		first = false
		l.add(one.style, count(one.n)).add(soft, " "+one.name)
	}
	if first {
		l.add(soft, none)
	}
	return l
}

// end is one way to end, as it is shown.
type end struct {
	name, class, meaning string
	style                style
	n                    int64
}

func (e Ends) parts() []end {
	return []end{
		{"whole", "whole", "a whole answer", good, e.Whole},
		{"left", "left", "the client left for good", plain, e.Left},
		{"cut off", "cut", "the target gave the client up", wait, e.CutOff},
		{"told", "told", "not whole, and the client was told", violet, e.Told},
		{"refused", "refused", "never began", wait, e.Refused},
		{"failed", "failed", "broke off for no known reason", bad, e.Failed},
		{"open", "open", "still running when the test was stopped", plain, e.Open},
	}
}

// share is a part of a bar.
type share struct {
	n     int64
	style style
}

// bar draws shares side by side. One that is there has a cell at least.
func (l *line) bar(cells int, shares []share) *line {
	var sum, before int64
	for _, one := range shares {
		sum += one.n
	}
	if sum == 0 {
		return l
	}
	for _, one := range shares {
		if one.n == 0 {
			continue
		}
		from, to := before*int64(cells)/sum, (before+one.n)*int64(cells)/sum
		before += one.n
		l.add(one.style, strings.Repeat("▇", max(1, int(to-from))))
	}
	return l
}
