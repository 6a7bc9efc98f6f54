package report

import (
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// The reports of the tests are made up, always the same, and look like a
// run's.

func made() *Report {
	r := &Report{
		Program: "gateway loadtest v0",
		Started: time.Date(2026, 11, 23, 17, 3, 0, 0, time.UTC), Ended: time.Date(2026, 11, 23, 17, 4, 12, 0, time.UTC),
		Asked: Asked{Streams: 2000, Rate: 200, Ramp: 5, Duration: 60, Tokens: 400, Pace: 80,
			Profiles:   []Weight{{"steady", 5}, {"mobile", 3}, {"stalled", 1}},
			Faults:     []Weight{{"none", 20}, {"cut", 1}},
			Transports: []string{"ws", "sse", "plain"}, API: "chat", Provider: "in process", Seed: 7},
		Machine: Machine{System: "linux/amd64", Kernel: "6.1", Processors: 2, MemoryBytes: 8 << 30, Go: "go1.26"},
		Runs:    []Run{madeRun("gateway", 1)},
	}
	r.Finish()
	return r
}

func madePair() *Report {
	r := made()
	r.Runs = append(r.Runs, madeRun("nginx", 3))
	r.Runs[1].Server.BufferLimit, r.Runs[1].Server.BufferMax = 0, 0
	for i := range r.Runs[1].Samples {
		r.Runs[1].Samples[i].Buffered, r.Runs[1].Samples[i].BufferMax = nil, nil
	}
	for i := range r.Runs {
		r.Runs[i].Turns = nil
		for turn := range 3 {
			t := Turn{Elapsed: 20, Figures: madeFigures(600, float64(i+1)*(1+float64(turn)/10)), Server: &Server{CPU: Seconds(2 + i + turn)}}
			r.Runs[i].Turns = append(r.Runs[i].Turns, t)
		}
	}
	r.Finish()
	return r
}

// broken is a report with violations.
func broken(kinds ...Kind) *Report {
	r := made()
	run := &r.Runs[0]
	for i, kind := range kinds {
		run.Violations = append(run.Violations, Violation{
			Kind: kind, Stream: "s-" + strconv.Itoa(i), Profile: "mobile", Transport: "ws", Fault: "cut",
			Message: "event 41 came after event 42", At: Seconds(10 + i),
			Timeline: []Moment{
				{0, "client", "asked"}, {0.012, "provider", "called"}, {0.3, "client", "event 1"},
				{2.25, "client", "pauses"}, {4.5, "target", "detached"}, {5.25, "client", "resumed at 40"},
				{5.5, "client", "event 42"}, {5.501, "client", "event 41"},
			},
		})
		for j := range run.Checks {
			if run.Checks[j].Kind == kind {
				run.Checks[j].Found++
			}
		}
	}
	r.Finish()
	return r
}

func madeRun(name string, scale float64) Run {
	run := Run{
		Name: name, Target: "http://127.0.0.1:8080", Elapsed: 72,
		Total:     madeFigures(2000, scale),
		Provider:  &Provider{Calls: 2000, Finished: 1600, Faulted: 150, Cancelled: 250, Events: 700_000, Bytes: 150 << 20},
		Server:    &Server{CPU: 20, Memory: &Gauge{30 << 20, 68 << 20, 41 << 20}, Goroutines: &Gauge{14, 2100, 14}, Files: &Gauge{11, 2900, 12}, BufferLimit: 4096, BufferMax: 4080, PeakStreams: 1100},
		Generator: Generator{CPU: 7, Behind: 0.004},
	}
	for _, profile := range []string{"steady", "mobile", "slow", "trickle", "stalled", "leaver", "vanisher", "reloader", "greedy", "miser", "acks-late", "acks-twice"} {
		for i, transport := range []string{"ws", "ws-bin", "sse", "plain"} {
			row := Row{Profile: profile, Transport: transport, Figures: madeFigures(40, scale*(1+float64(i)/3))}
			row.Added.Curve, row.FirstToken.Curve = nil, nil
			run.Rows = append(run.Rows, row)
		}
	}
	for _, kind := range Kinds {
		run.Checks = append(run.Checks, Check{Kind: kind, Judged: 2000})
	}
	random := rand.New(rand.NewPCG(1, uint64(scale)))
	for s := range 73 {
		wave := math.Sin(float64(s) / 72 * math.Pi)
		at := int64(wave * 1000)
		buffered, fullest := int64(wave*300_000*(0.9+random.Float64()/5)), min(4080, int64(wave*6000))
		memory := int64(30<<20) + int64(wave*38*(1<<20))
		run.Add(Sample{
			At: Seconds(s), States: States{Waiting: at / 40, Reading: at * 7 / 10, Pausing: at / 5, Away: at / 12},
			Started: int64(min(2000, s*40)), Tokens: wave * 9800 * scale * (0.95 + random.Float64()/10), Sent: wave * 10000 * scale,
			AddedP99: Seconds(0.002 * scale * (1 + random.Float64())), Buffered: &buffered, BufferMax: &fullest, Memory: &memory,
		})
	}
	return run
}

func madeFigures(streams int64, scale float64) Figures {
	ahead := int64(50_000 * scale)
	part := func(n int64) int64 { return streams * n / 100 }
	f := Figures{
		Streams: streams, Tokens: streams * 310, Bytes: streams * 30_000, Reconnects: part(60), Wasted: part(300), AheadMax: &ahead,
		Ends:       Ends{Left: part(12), CutOff: part(8), Told: part(7), Refused: part(1)},
		FirstToken: madeTimes(streams, 0.004*scale), Added: madeTimes(streams*310, 0.0002*scale),
		Cancel: madeTimes(part(12), 0.001), Pauses: madeTimes(part(20), 0.4),
	}
	f.Ends.Whole = streams - f.Ends.sum()
	return f
}

// madeTimes follow a long tail: twice the median at half of what is left.
func madeTimes(n int64, median float64) Histogram {
	h := Histogram{Count: n}
	if n == 0 {
		return h
	}
	value := func(at float64) Seconds {
		return Seconds(median * (0.4 + 0.6*math.Pow(-math.Log2(1-at), 1.4)))
	}
	last := 1 - 1/float64(n)/2
	for at := 0.0; at < last; at += (1 - at) / 12 {
		h.Curve = append(h.Curve, Quantile{at, value(at)})
	}
	h.Curve = append(h.Curve, Quantile{1, value(last)})
	h.Min, h.P50, h.P90, h.P99, h.P999, h.Max = value(0), value(0.5), value(0.9), value(0.99), value(0.999), value(last)
	h.Mean = h.P50 * 1.3
	return h
}
