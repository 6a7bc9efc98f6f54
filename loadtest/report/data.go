package report

import "time"

// Version is the format's. It rises when a field changes its meaning or goes;
// a new field does not raise it.
const Version = 1

// Bounds of what a report holds, so that a run of any length and a target of
// any brokenness make one that can be opened.
const (
	MaxSamples    = 720 // of one run, see [Run.Add]
	MaxViolations = 200 // of one run; those beyond are counted only
	MaxMoments    = 64  // of one violation's timeline; its middle is left out
)

// Report is all that a load test found, and what -json writes. Call
// [Report.Finish] when everything else is filled in.
type Report struct {
	Version     int       `json:"version"`
	Program     string    `json:"program"` // who measured, with its version
	Started     time.Time `json:"started"`
	Ended       time.Time `json:"ended"`
	Interrupted bool      `json:"interrupted"` // stopped before all that was asked was done
	Asked       Asked     `json:"asked"`
	Machine     Machine   `json:"machine"`
	Runs        []Run     `json:"runs"`             // one per target: with -compare the second is that one's
	Ratios      []Ratio   `json:"ratios,omitempty"` // filled by Finish
}

// Asked is the load as the flags said it, defaults filled in.
type Asked struct {
	Streams    int      `json:"streams"`
	Rate       float64  `json:"rate"` // arrivals per second
	Ramp       Seconds  `json:"ramp"`
	Duration   Seconds  `json:"duration"`
	Tokens     int      `json:"tokens"` // per stream
	Pace       float64  `json:"pace"`   // tokens per second and stream
	Profiles   []Weight `json:"profiles"`
	Faults     []Weight `json:"faults"`
	Transports []string `json:"transports"`
	API        string   `json:"api"`      // of the plain transport: chat or messages
	Provider   string   `json:"provider"` // in-process, its address, or none
	Seed       uint64   `json:"seed"`
}

// Weight is one of a mix's parts: "mobile=3".
type Weight struct {
	Name   string  `json:"name"`
	Weight float64 `json:"weight"`
}

// Machine is what both the load and, without -target, the gateway ran on.
type Machine struct {
	System      string `json:"system"` // "linux/amd64"
	Kernel      string `json:"kernel,omitempty"`
	Processor   string `json:"processor,omitempty"`
	Processors  int    `json:"processors"`
	MemoryBytes int64  `json:"memory_bytes,omitempty"`
	Go          string `json:"go"`
}

// Run is the load against one target.
type Run struct {
	Name       string      `json:"name"`   // short, for tables: "gateway", "nginx", a host name
	Target     string      `json:"target"` // URL, without credentials
	Elapsed    Seconds     `json:"elapsed"`
	Total      Figures     `json:"total"`
	Rows       []Row       `json:"rows"`
	Turns      []Turn      `json:"turns,omitempty"` // with -compare: of the load's alternating parts, in order
	Checks     []Check     `json:"checks"`          // of every kind of violation, those that could not be judged too
	Violations []Violation `json:"violations"`      // the first ones, by their moment
	Samples    []Sample    `json:"samples"`         // see Add
	Provider   *Provider   `json:"provider"`        // null where it is not ours
	Server     *Server     `json:"server"`          // null without a pid and without metrics
	Generator  Generator   `json:"generator"`
}

// Row has the figures of the streams of one profile over one transport.
type Row struct {
	Profile   string `json:"profile"`
	Transport string `json:"transport"`
	Figures
}

// Turn is one part of a run that alternates with another's.
type Turn struct {
	Elapsed Seconds `json:"elapsed"`
	Figures
	Server *Server `json:"server"`
}

// Figures of any set of streams. In rows and turns the histograms have no
// curve.
type Figures struct {
	Streams    int64     `json:"streams"` // begun
	Ends       Ends      `json:"ends"`
	Tokens     int64     `json:"tokens"` // events received by applications, each counted once
	Bytes      int64     `json:"bytes"`  // received from the target, framing included
	Reconnects int64     `json:"reconnects"`
	Wasted     int64     `json:"wasted"`    // tokens that the provider sent after the client had gone
	AheadMax   *int64    `json:"ahead_max"` // bytes taken from the provider beyond what the client had read, of the worst stream; null if unknown
	FirstToken Histogram `json:"first_token"`
	Added      Histogram `json:"added"`  // per token: from the provider's planned moment to the application
	Cancel     Histogram `json:"cancel"` // from the client's leaving to the provider's noticing
	Pauses     Histogram `json:"pauses"` // of the provider, each: how long a write to the target blocked
	Violations int64     `json:"violations"`
}

// Ends says how streams ended, as their applications saw it. They add up to
// the streams begun.
type Ends struct {
	Whole   int64 `json:"whole"`   // a whole answer, and said to be
	Left    int64 `json:"left"`    // the client left for good, as its profile says
	CutOff  int64 `json:"cut_off"` // the target gave the client up: stalled, or away for too long
	Told    int64 `json:"told"`    // not whole, and the client was told or could tell
	Refused int64 `json:"refused"` // never began: an error status, or no connection
	Failed  int64 `json:"failed"`  // broke off for a reason that neither profile nor fault explains
	Open    int64 `json:"open"`    // still running when the test was stopped
}

// Histogram of times. Count is 0 where nothing was measured.
type Histogram struct {
	Count int64      `json:"count"`
	Min   Seconds    `json:"min"`
	Mean  Seconds    `json:"mean"`
	P50   Seconds    `json:"p50"`
	P90   Seconds    `json:"p90"`
	P99   Seconds    `json:"p99"`
	P999  Seconds    `json:"p999"`
	Max   Seconds    `json:"max"`
	Curve []Quantile `json:"curve,omitempty"` // rising in both, at most 500: see [Curve]
}

// Quantile is a point of a distribution: the part At of all, 0 to 1, took
// Value or less.
type Quantile struct {
	At    float64 `json:"at"`
	Value Seconds `json:"value"`
}

// Sample is one moment of a run. Pointers are null where nobody could tell.
type Sample struct {
	At         Seconds `json:"at"` // since the run's start
	States     States  `json:"states"`
	Started    int64   `json:"started"`    // streams, so far
	Tokens     float64 `json:"tokens"`     // per second, received since the sample before
	Sent       float64 `json:"sent"`       // per second, by the provider
	Violations int64   `json:"violations"` // so far
	AddedP99   Seconds `json:"added_p99"`  // since the sample before; 0 for none
	Buffered   *int64  `json:"buffered"`   // bytes in all streams' buffers
	BufferMax  *int64  `json:"buffer_max"` // bytes in the fullest buffer
	Memory     *int64  `json:"memory"`     // bytes resident of the target
	Goroutines *int64  `json:"goroutines"`
	Files      *int64  `json:"files"` // descriptors
}

// States counts the streams under way by what their clients do.
type States struct {
	Waiting int64 `json:"waiting"` // asked, and no event yet
	Reading int64 `json:"reading"`
	Pausing int64 `json:"pausing"` // connected, and not reading on purpose
	Away    int64 `json:"away"`    // connection lost, will come back or was made to vanish
}

// Provider has the counters of the scripted provider. After a run Open must be
// 0 and the others add up to Calls.
type Provider struct {
	Calls     int64 `json:"calls"`
	Finished  int64 `json:"finished"`
	Faulted   int64 `json:"faulted"` // ended as the script's fault says
	Cancelled int64 `json:"cancelled"`
	Refused   int64 `json:"refused"`
	Open      int64 `json:"open"`
	Events    int64 `json:"events"`
	Bytes     int64 `json:"bytes"`
}

// Server is what the target's process took, by its pid or its metrics.
type Server struct {
	CPU         Seconds `json:"cpu"` // user and system, during the run
	Memory      *Gauge  `json:"memory"`
	Goroutines  *Gauge  `json:"goroutines"`
	Files       *Gauge  `json:"files"`
	BufferLimit int64   `json:"buffer_limit"` // bytes per stream; 0 if unknown
	BufferMax   int64   `json:"buffer_max"`   // the most that any held; 0 if unknown
	PeakStreams int64   `json:"peak_streams"` // the most under way at once; raised by Finish to what samples say

	CPUPerToken     Seconds `json:"cpu_per_token"`     // filled by Finish
	MemoryPerStream int64   `json:"memory_per_stream"` // filled by Finish: what the peak added, by its streams
}

// Gauge is a figure before the load, at its highest, and after the load when
// all streams have ended.
type Gauge struct {
	Start int64 `json:"start"`
	Peak  int64 `json:"peak"`
	End   int64 `json:"end"`
}

// Generator is what the load test itself took: it has to be less than the
// target, or it measures itself.
type Generator struct {
	CPU    Seconds `json:"cpu"`
	Behind Seconds `json:"behind"` // the most that an arrival was late
	Shed   int64   `json:"shed"`   // arrivals left out, since as many streams as allowed were under way
}

// Check says how often one kind of violation was looked for, and found.
type Check struct {
	Kind   Kind  `json:"kind"`
	Judged int64 `json:"judged"` // streams for which it could be told; 0: this run says nothing of it
	Found  int64 `json:"found"`  // streams, also those whose timeline was not kept
}

// Violation is one stream's broken promise.
type Violation struct {
	Kind      Kind     `json:"kind"`
	Stream    string   `json:"stream"`
	Profile   string   `json:"profile"`
	Transport string   `json:"transport"`
	Fault     string   `json:"fault,omitempty"` // what the provider was told to do
	Message   string   `json:"message"`         // one sentence: expected, got
	At        Seconds  `json:"at"`              // since the run's start
	Timeline  []Moment `json:"timeline"`
	Omitted   int      `json:"omitted"` // moments left out of the timeline's middle
}

// Moment is something that happened to a stream. It says what, never a
// message's contents.
type Moment struct {
	At   Seconds `json:"at"`  // since the stream's start
	Who  string  `json:"who"` // client, target, provider, checker
	What string  `json:"what"`
}

// Ratio compares the first run with the second in one figure.
type Ratio struct {
	Name   string  `json:"name"`
	Unit   string  `json:"unit"` // seconds, bytes, tokens/s or empty for counts
	First  float64 `json:"first"`
	Second float64 `json:"second"`
	Ratio  float64 `json:"ratio"`          // first by second; 0 where there is none
	Low    float64 `json:"low,omitempty"`  // the lowest and highest of the turns' ratios,
	High   float64 `json:"high,omitempty"` // where there are several
	Better string  `json:"better"`         // lower or higher
}
