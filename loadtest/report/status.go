package report

// Status is a running test at one moment, for [Live].
type Status struct {
	Phase      string  // one or two words: "starting", "load", "finishing", "second target"
	Target     string  // the run's name
	Elapsed    Seconds // since the run's start
	Duration   Seconds // how long the run will be; 0 if nobody knows
	Started    int64   // streams begun
	Planned    int64   // streams to begin; 0 if only the duration bounds them
	States     States
	Ends       Ends
	Tokens     float64 // per second, lately
	FirstToken Brief
	Added      Brief
	Reconnects int64
	Violations int64
	Last       string // the last violation's kind and stream; empty for none
}

// Brief is a histogram in two figures, 0 for nothing measured.
type Brief struct {
	P50, P99 Seconds
}
