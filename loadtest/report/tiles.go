package report

// tiles are a single run's figures that are looked for first.
func (r *Run) tiles() []tile {
	t := &r.Total
	all := []tile{
		r.addedTile(),
		{"First token", t.FirstToken.measured(t.FirstToken.P50), "p99 " + t.FirstToken.measured(t.FirstToken.P99) + ", max " + t.FirstToken.measured(t.FirstToken.Max)},
	}
	if r.Elapsed > 0 {
		all = append(all, tile{"Tokens per second", figure(float64(t.Tokens) / float64(r.Elapsed)), several(t.Reconnects, "reconnect", "reconnects")})
	}
	if s := r.Server; s != nil {
		if s.CPUPerToken > 0 {
			all = append(all, tile{"Processor time", span(s.CPUPerToken), "per token"})
		}
		if m := s.Memory; m != nil {
			one := tile{"Memory", sizeText(m.Peak), "at most; " + sizeText(m.Start) + " before, " + sizeText(m.End) + " after"}
			if s.MemoryPerStream > 0 {
				one = tile{"Memory", sizeText(s.MemoryPerStream), "a stream; " + sizeText(m.Start) + " before, " + sizeText(m.Peak) + " at most, " + sizeText(m.End) + " after"}
			}
			all = append(all, one)
		}
		if s.BufferMax > 0 {
			detail := "bytes"
			if s.BufferLimit > 0 {
				detail = "of " + count(s.BufferLimit) + " bytes"
			}
			all = append(all, tile{"Fullest buffer", count(s.BufferMax), detail})
		}
	}
	if t.Cancel.Count > 0 {
		all = append(all, tile{"Provider cancelled", t.Cancel.measured(t.Cancel.P50), "after its client had left; p99 " + t.Cancel.measured(t.Cancel.P99) + "; " + several(t.Wasted, "token", "tokens") + " wasted"})
	}
	if t.AheadMax != nil {
		all = append(all, tile{"Taken ahead", sizeText(*t.AheadMax), "at most, from the provider, beyond what the client read"})
	}
	return all
}

// addedTile is of the clients that read on, where there are others: latencies
// of those who pause are their own doing. Histograms can't be added up here, so
// that it is the slowest transport's.
func (r *Run) addedTile() tile {
	const reads = "steady"
	var slowest *Histogram
	others := false
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.Profile != reads {
			others = true
		} else if row.Added.Count > 0 && (slowest == nil || row.Added.P99 > slowest.P99) {
			slowest = &row.Added
		}
	}
	h := &r.Total.Added
	all := "p99 " + h.measured(h.P99) + ", max " + h.measured(h.Max)
	if slowest == nil || !others {
		return tile{"Added latency", h.measured(h.P50), all}
	}
	return tile{"Added latency", span(slowest.P50), "p99 " + span(slowest.P99) + " for steady clients of the slowest transport; with all clients' own pauses " + all}
}
