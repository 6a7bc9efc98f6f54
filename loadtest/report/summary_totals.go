package report

func totals(p *paper, run *Run) {
	t := &run.Total
	l := p.named("tokens").add(plain, count(t.Tokens))
	if run.Elapsed > 0 {
		l.add(soft, " · ").add(plain, figure(float64(t.Tokens)/float64(run.Elapsed))+"/s")
	}
	l.add(soft, " · ").add(plain, count(t.Wasted)).add(soft, " wasted · ").add(plain, count(t.Reconnects)).add(soft, " reconnects")
	if v := run.Provider; v != nil {
		l = p.named("provider").add(plain, count(v.Calls)).add(soft, " calls = ")
		l.add(plain, count(v.Finished)).add(soft, " finished + ").add(plain, count(v.Faulted)).add(soft, " faulted + ")
		l.add(plain, count(v.Cancelled)).add(soft, " cancelled")
		if v.Refused > 0 {
			l.add(soft, " + ").add(plain, count(v.Refused)).add(soft, " refused")
		}
		if v.Open > 0 {
			l.add(soft, ", ").add(bad, count(v.Open)+" open")
		}
	}
	if s := run.Server; s != nil {
		l = p.named("target")
		first := true
		for _, fact := range s.facts() {
			if !first {
				l.add(soft, " · ")
			}
			first = false
			l.add(plain, fact.Value).add(soft, " "+fact.Name)
		}
	}
	if run.Generator.CPU > 0 && t.Tokens > 0 {
		l = p.named("generator").add(plain, span(run.Generator.CPU/Seconds(t.Tokens))).add(soft, " processor time per token")
		if run.Generator.Behind > 0 {
			l.add(soft, " · arrivals up to ").add(plain, span(run.Generator.Behind)).add(soft, " late")
		}
	}
}

// facts are what is known of a target, the most telling first: the line is cut
// at the screen's edge.
func (s *Server) facts() []fact {
	var all []fact
	if s.CPUPerToken > 0 {
		all = append(all, fact{"CPU/token", span(s.CPUPerToken)})
	}
	if s.MemoryPerStream > 0 {
		all = append(all, fact{"a stream", sizeText(s.MemoryPerStream)})
	}
	if s.Memory != nil {
		all = append(all, fact{"peak", sizeText(s.Memory.Peak)})
	}
	if s.BufferMax > 0 {
		all = append(all, fact{"bytes in a buffer", count(s.BufferMax)})
	}
	if s.Goroutines != nil {
		all = append(all, fact{"goroutines", count(s.Goroutines.Peak)})
	}
	if s.Files != nil {
		all = append(all, fact{"files", count(s.Files.Peak)})
	}
	return all
}

// times is the small table of latencies.
func times(p *paper, f *Figures) {
	head := p.line()
	column := func(i int) int { return 17 + (i+1)*10 }
	for i, name := range []string{"p50", "p90", "p99", "p99.9", "max", "count"} {
		head.right(soft, column(i), name)
	}
	for _, row := range f.times() {
		l := p.line().add(soft, row.name)
		for i, s := range []Seconds{row.h.P50, row.h.P90, row.h.P99, row.h.P999, row.h.Max} {
			l.right(plain, column(i), row.h.measured(s))
		}
		l.right(soft, column(5), count(row.h.Count))
	}
}

type timesRow struct {
	name, meaning string
	h             *Histogram
}

func (f *Figures) times() []timesRow {
	return []timesRow{
		{"first token", "from the call to the first token", &f.FirstToken},
		{"added latency", "per token: from the provider's planned moment to the application", &f.Added},
		{"cancellation", "from the client's leaving to the provider's noticing", &f.Cancel},
		{"provider pauses", "how long a write of the provider's stood still", &f.Pauses},
	}
}
