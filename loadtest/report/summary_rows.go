package report

import "slices"

// rows fills what room is left with the table, the worst rows first.
func rows(p *paper, run *Run) {
	if p.room() < 4 || len(run.Rows) == 0 {
		return
	}
	p.blank()
	wide := p.screen.columns() >= 100
	table := []cell{{"streams", 32}, {"whole", 40}, {"added p50", 51}, {"added p99", 62}, {"violations", 74}}
	if wide {
		table = append(table, cell{"first p99", 86}, cell{"reconnects", 97}, cell{"wasted", 106})
	}
	l := p.line().add(soft, "profile").to(14).add(soft, "transport")
	for _, c := range table {
		l.right(soft, c.at, c.name)
	}
	worst := slices.Clone(run.Rows)
	slices.SortStableFunc(worst, func(a, b Row) int {
		switch {
		case a.Violations != b.Violations:
			return int(min(max(b.Violations-a.Violations, -1), 1))
		case a.Added.P99 > b.Added.P99:
			return -1
		case a.Added.P99 < b.Added.P99:
			return 1
		}
		return 0
	})
	shown := len(worst)
	if shown > p.room() {
		shown = p.room() - 1
	}
	for _, row := range worst[:shown] {
		l := p.line().add(plain, foreign(row.Profile)).to(14).add(plain, foreign(row.Transport))
		values := []string{count(row.Streams), count(row.Ends.Whole), row.Added.measured(row.Added.P50), row.Added.measured(row.Added.P99),
			count(row.Violations), row.FirstToken.measured(row.FirstToken.P99), count(row.Reconnects), count(row.Wasted)}
		for i, c := range table {
			s := plain
			if c.name == "violations" && row.Violations > 0 {
				s = bad
			}
			l.right(s, c.at, values[i])
		}
	}
	if n := len(worst) - shown; n > 0 {
		p.line().add(soft, several(int64(n), "more row", "more rows")+", less remarkable: -html has all")
	}
}

type cell struct {
	name string
	at   int // where it ends
}
