package report

import "math"

// flows are the plots over time, in the order of the page.
func flows(limit float64) []flow {
	const noMetrics = "not known: the target has no metrics, or nobody said where they are"
	return []flow{
		{title: "Streams by state", caption: "What the clients of the streams under way were doing. Marks on top are violations.",
			layers: stateLayers, stacked: true, base: 10, text: figure},
		{title: "Tokens per second", caption: "What providers sent, and what applications received. Where the first is above the second, tokens wait or are for nobody.",
			layers: []layer{
				{"sent", "sent", func(s *Sample) *int64 { return whole(s.Sent) }},
				{"reading", "received", func(s *Sample) *int64 { return whole(s.Tokens) }},
			}, base: 10, text: figure},
		{title: "Fullest buffer", caption: "Bytes in the one buffer that held the most. It must not pass the limit; at the limit that stream's provider is paused.",
			layers: []layer{{"buffer", "fullest", func(s *Sample) *int64 { return s.BufferMax }}},
			base:   2, text: inBytes, limit: limit, limitName: "limit", unknown: noMetrics},
		{title: "All buffers", caption: "Bytes that the target held for all clients together.",
			layers: []layer{{"buffer", "held", func(s *Sample) *int64 { return s.Buffered }}},
			base:   2, text: inBytes, unknown: noMetrics},
		{title: "Memory", caption: "Resident memory of the target's process. It should follow the streams under way, and not grow otherwise.",
			layers: []layer{{"memory", "resident", func(s *Sample) *int64 { return s.Memory }}},
			base:   2, text: inBytes, unknown: "not known: nobody said which process the target is, or where its metrics are"},
		{title: "Added latency over time", caption: "The slowest of a hundred tokens of each interval.",
			layers: []layer{{"latency", "p99", func(s *Sample) *int64 {
				if s.AddedP99 <= 0 {
					return nil
				}
				return whole(float64(s.AddedP99) * 1e9)
			}}}, base: 10, text: func(ns float64) string { return span(Seconds(ns / 1e9)) }, unknown: "nothing was measured"},
	}
}

func whole(f float64) *int64 {
	n := int64(0)
	if !math.IsNaN(f) && !math.IsInf(f, 0) {
		n = int64(math.Round(f))
	}
	return &n
}

func inBytes(f float64) string { return sizeText(int64(f)) }

// panel is a plot of one run, or of all.
type panel struct {
	Of    string // the run's name; empty where it is clear
	Class string
	Chart chart
}

// runClasses are the runs' colors.
var runClasses = []string{"first", "second"}

// panels are all plots: first the distributions, each of all runs, then what
// happened over time, each run's beside the other's and as high.
func (r *Report) panels() []panel {
	var added, first []named
	var end Seconds
	limit := 0.0
	for i := range r.Runs {
		run := &r.Runs[i]
		class := runClasses[i%len(runClasses)]
		added = append(added, named{run.Name, class, &run.Total.Added})
		first = append(first, named{run.Name, class, &run.Total.FirstToken})
		if n := len(run.Samples); n > 0 {
			end = max(end, run.Samples[n-1].At)
		}
		if run.Server != nil {
			limit = max(limit, float64(run.Server.BufferLimit))
		}
	}
	all := []panel{
		{Chart: distribution("Added latency", "How much later than planned tokens reached their application: p99 is the slowest of a hundred. Clients' own pauses count; the table below tells them apart.", added)},
		{Chart: distribution("Time to first token", "From the moment of the call until its first token.", first)},
	}
	for _, f := range flows(limit) {
		highest := 0.0
		for i := range r.Runs {
			highest = max(highest, f.highest(r.Runs[i].Samples))
		}
		for i := range r.Runs {
			run := &r.Runs[i]
			p := panel{Chart: f.plot(run.Samples, highest, end)}
			if f.stacked {
				p.Chart.Marks = run.marks(end)
			}
			if len(r.Runs) > 1 {
				p.Of, p.Class = run.Name, runClasses[i%len(runClasses)]
			}
			all = append(all, p)
		}
	}
	return all
}

// marks are the moments of violations.
func (r *Run) marks(end Seconds) []tick {
	x, _ := overTime(end)
	var all []tick
	for i := range r.Violations {
		v := &r.Violations[i]
		all = append(all, tick{At: x.at(float64(v.At)) / 10, Label: clock(math.Floor(float64(v.At))) + " " + string(v.Kind)})
	}
	return all
}
