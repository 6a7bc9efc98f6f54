package loadtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"tidegate/loadtest/check"
	"tidegate/loadtest/report"
)

// Options are what a load test is asked to do. Zero values have the defaults
// that are said.
type Options struct {
	// Targets are the endpoints under test, one or two: two are loaded
	// alternately, and compared.
	Targets []Target
	// Start makes a target in front of the provider at the given root ("" with
	// NoProvider), where Targets is empty. stop ends it.
	Start func(ctx context.Context, provider string) (t Target, stop func(), err error)

	Streams  int           // streams in all; 0: as many as begin within Duration
	Rate     float64       // streams that begin in a second; 0 is 10
	Ramp     time.Duration // how long the rate rises from nothing
	Duration time.Duration // how long streams begin, at most; 0 is 10 s
	AtOnce   int           // streams under way at once, at most; 0 is 10,000
	Turns    int           // with two targets: in how many turns each; 0 is 4

	Tokens int     // per stream; 0 is 400
	Pace   float64 // tokens per second and stream; 0 is as fast as they are read

	Profiles   []report.Weight // nil is steady alone
	Faults     []report.Weight // nil is none
	Transports []string        // nil is plain alone
	API        string          // of the plain transport: Chat, the default, or Messages

	// Listen is the scripted provider's address. "" is one on loopback.
	Listen string
	// NoProvider says that the target calls a provider of its own: then only
	// what shows at the client's side is judged.
	NoProvider bool
	Model      string // for NoProvider: which one to ask for

	// Limits are what targets are held to. Zeros have defaults: a keep-alive
	// of 15 s, 2 s to cancel, a slack of 5 s, 96 KiB held, 64 bytes of raw
	// events for each byte of a buffer that holds them as differences.
	Limits check.Limits

	Seed uint64 // makes the same load again; 0 is a new one
	// Live is told how the test stands, a few times a second.
	Live func(report.Status)
	// Program is this program's name and version, for the report.
	Program string
}

// Bounds of what may be asked.
const (
	maxStreams = 10_000_000
	maxRate    = 100_000
	maxTokens  = 1_000_000
	maxAtOnce  = 100_000
)

// complete checks the options and fills in what was left out.
func (o *Options) complete() error {
	for _, d := range []struct {
		to    *time.Duration
		value time.Duration
	}{
		{&o.Duration, 10 * time.Second}, {&o.Limits.KeepAlive, 15 * time.Second},
		{&o.Limits.Cancel, 2 * time.Second}, {&o.Limits.Slack, 5 * time.Second},
	} {
		if *d.to == 0 {
			*d.to = d.value
		}
	}
	if o.Rate == 0 {
		o.Rate = 10
	}
	for _, d := range []struct{ to, value *int }{{&o.Tokens, new(400)}, {&o.AtOnce, new(10_000)}, {&o.Turns, new(4)}} {
		if *d.to == 0 {
			*d.to = *d.value
		}
	}
	if o.Limits.Held == 0 {
		o.Limits.Held = 96 << 10
	}
	if o.Limits.Raw == 0 {
		o.Limits.Raw = 64
	}
	if o.Profiles == nil {
		o.Profiles = []report.Weight{{Name: "steady", Weight: 1}}
	}
	if o.Faults == nil || o.NoProvider {
		o.Faults = []report.Weight{{Name: "none", Weight: 1}}
	}
	if o.Transports == nil {
		o.Transports = []string{"plain"}
	}
	if o.API == "" {
		o.API = Chat
	}
	for o.Seed == 0 {
		o.Seed = rand.Uint64() >> 12 // a number that JSON's readers can hold
	}
	if o.Live == nil {
		o.Live = func(report.Status) {}
	}
	return o.check()
}

func (o *Options) check() error {
	for _, n := range []struct {
		name      string
		value     float64
		low, high float64
	}{
		{"streams", float64(o.Streams), 0, maxStreams}, {"rate", o.Rate, 0.001, maxRate},
		{"streams at once", float64(o.AtOnce), 1, maxAtOnce}, {"tokens", float64(o.Tokens), 1, maxTokens},
		{"pace", o.Pace, 0, 1e6}, {"turns", float64(o.Turns), 1, 100},
		{"ramp", o.Ramp.Seconds(), 0, 86400}, {"duration", o.Duration.Seconds(), 0.01, 7 * 86400},
		{"keep-alive", o.Limits.KeepAlive.Seconds(), 0.01, 3600},
	} {
		if !(n.value >= n.low && n.value <= n.high) {
			return fmt.Errorf("loadtest: %s: %g is not between %g and %g", n.name, n.value, n.low, n.high)
		}
	}
	for _, t := range o.Transports {
		if !isTransport(t) {
			return fmt.Errorf("loadtest: there is no transport %q; there are %s", t, strings.Join(Transports, ", "))
		}
	}
	for _, m := range []struct {
		what  string
		mix   []report.Weight
		known []string
	}{{"profile", o.Profiles, ProfileNames()}, {"fault", o.Faults, FaultNames()}} {
		for _, w := range m.mix {
			if !slices.Contains(m.known, w.Name) {
				return fmt.Errorf("loadtest: there is no %s %q", m.what, w.Name)
			}
		}
	}
	switch {
	case o.API != Chat && o.API != Messages:
		return fmt.Errorf("loadtest: there is no API %q; there are %s and %s", o.API, Chat, Messages)
	case len(o.Targets) == 0 && o.Start == nil:
		return errors.New("loadtest: there is no target")
	case len(o.Targets) > 2:
		return errors.New("loadtest: two targets can be compared, no more")
	case o.NoProvider && o.Model == "":
		return errors.New("loadtest: without the scripted provider the model has to be named")
	}
	return nil
}

// silence is how long nothing may come over a connection, heartbeats included,
// before its client gives up.
func (g *generator) silence() time.Duration {
	return 4*g.options.Limits.KeepAlive + g.options.Limits.Slack + 30*time.Second
}

// resolve takes a target apart.
func resolve(t Target) (*endpoint, error) {
	u, err := url.Parse(t.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("loadtest: a target is http://host or https://host, not %q", t.URL)
	}
	e := &endpoint{Target: t, host: u.Host, address: u.Host, secure: u.Scheme == "https"}
	e.path = strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/v1")
	e.root = u.Scheme + "://" + u.Host + e.path
	if u.Port() == "" {
		port := "80"
		if e.secure {
			port = "443"
		}
		e.address = net.JoinHostPort(u.Hostname(), port)
	}
	if e.Name == "" {
		e.Name = u.Host
	}
	e.URL = e.root // without credentials
	return e, nil
}
