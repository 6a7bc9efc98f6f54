package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"tidegate/loadtest"
	"tidegate/loadtest/report"
)

const aboutLoadtest = `Usage: gateway loadtest [-target URL] [flags]

Loads an endpoint with flaky clients and holds what their applications got
against what the provider sent. Without -target it starts a gateway and a
scripted provider itself. With -target it is the scripted provider, which that
endpoint has to call at -provider-listen; -provider none leaves it out, and
judges what clients see alone. docs/loadtest.md says how to read the report.

The exit status is 1 if there was a violation.

Profiles (-profiles NAME=WEIGHT,..., or all):

%s
Faults of the provider (-faults NAME=WEIGHT,..., or all):

%s`

// errViolations makes the exit status 1. The report has said which.
var errViolations = errors.New("the target broke its promises")

// loadFlags are what the command line says, as it says it.
type loadFlags struct {
	*flag.FlagSet
	options                      loadtest.Options
	target, admin, compare, key  string
	pid                          int
	compareAdmin                 string
	comparePID                   int
	profiles, faults, transports string
	provider                     string
	json, html                   string
}

func newLoadFlags() *loadFlags {
	f := &loadFlags{FlagSet: flag.NewFlagSet("gateway loadtest", flag.ContinueOnError)}
	o := &f.options
	f.StringVar(&f.target, "target", "", "the endpoint's `URL`; without it a gateway is started")
	f.StringVar(&f.admin, "admin", "", "`URL` of the target's metrics")
	f.IntVar(&f.pid, "pid", 0, "the target's process on this machine, `N`")
	f.StringVar(&f.compare, "compare", "", "`URL` of another endpoint that gets the same load, in turns")
	f.StringVar(&f.compareAdmin, "compare-admin", "", "`URL` of its metrics")
	f.IntVar(&f.comparePID, "compare-pid", 0, "its process on this machine, `N`")
	f.IntVar(&o.Turns, "turns", 4, "with -compare: turns of each")
	f.StringVar(&f.key, "key", os.Getenv("TIDEGATE_KEY"), "the client's `KEY`; by default TIDEGATE_KEY")
	f.IntVar(&o.Streams, "streams", 0, "streams in all; 0: as many as begin within -duration")
	f.Float64Var(&o.Rate, "rate", 10, "streams that begin in a second, however slow the target is")
	f.DurationVar(&o.Ramp, "ramp", 0, "how long the rate rises from nothing")
	f.DurationVar(&o.Duration, "duration", 30*time.Second, "how long streams begin, at most")
	f.IntVar(&o.AtOnce, "at-once", 10_000, "streams under way at once, at most; those that find no room are left out")
	f.IntVar(&o.Tokens, "tokens", 400, "tokens per stream")
	f.Float64Var(&o.Pace, "pace", 80, "tokens per second and stream; 0: as fast as they are read")
	f.StringVar(&f.profiles, "profiles", "steady", "`MIX` of clients")
	f.StringVar(&f.faults, "faults", "none", "`MIX` of what the provider does")
	f.StringVar(&f.transports, "transport", "ws,ws-bin,sse,plain", "`LIST` of ways to the target; all but plain are tidegate.1")
	f.StringVar(&o.API, "api", loadtest.Chat, "the plain transport's `API`: chat or messages")
	f.StringVar(&f.provider, "provider", "", "none: the target calls a provider of its own")
	f.StringVar(&o.Listen, "provider-listen", "", "`ADDR` at which the scripted provider listens")
	f.StringVar(&o.Model, "model", "", "with -provider none: the `MODEL` to ask for")
	f.DurationVar(&o.Limits.KeepAlive, "keep-alive", 15*time.Second, "how long the target may believe in a silent client, and has to")
	f.DurationVar(&o.Limits.Cancel, "cancel", 2*time.Second, "how long the provider may go on after its client has left")
	f.DurationVar(&o.Limits.Slack, "slack", 5*time.Second, "how late the target may be with what takes a keep-alive")
	f.Int64Var(&o.Limits.Held, "held", 96<<10, "`BYTES` that may be taken from the provider for a plain client that reads nothing")
	f.Uint64Var(&o.Seed, "seed", 0, "makes the same load again; 0: another one each time")
	f.StringVar(&f.json, "json", "", "write the report to `FILE`, as JSON; - is standard output")
	f.StringVar(&f.html, "html", "", "write the report to `FILE`, as a page")
	return f
}

// complete makes the options from the flags.
func (f *loadFlags) complete() (err error) {
	o := &f.options
	if o.Profiles, err = loadtest.ParseMix(f.profiles, loadtest.ProfileNames()); err != nil {
		return fmt.Errorf("-profiles: %w", err)
	}
	if o.Faults, err = loadtest.ParseMix(f.faults, loadtest.FaultNames()); err != nil {
		return fmt.Errorf("-faults: %w", err)
	}
	o.Transports = strings.Split(f.transports, ",")
	switch f.provider {
	case "":
	case "none":
		o.NoProvider = true
	default:
		return fmt.Errorf("-provider is none or is left out, not %q", f.provider)
	}
	switch {
	case f.target != "":
		o.Targets = []loadtest.Target{{URL: f.target, Key: f.key, Admin: f.admin, PID: f.pid}}
	case f.compare != "" || o.NoProvider || o.Listen != "":
		return errors.New("-compare, -provider and -provider-listen need a -target")
	default:
		o.Start = func(ctx context.Context, provider string) (loadtest.Target, func(), error) {
			return startGateway(ctx, provider, o)
		}
	}
	if f.target != "" && !o.NoProvider && o.Listen == "" {
		return errors.New("-target calls the scripted provider: say where with -provider-listen, or -provider none")
	}
	if f.compare != "" {
		o.Targets = append(o.Targets, loadtest.Target{URL: f.compare, Key: f.key, Admin: f.compareAdmin, PID: f.comparePID})
	}
	return nil
}

func loadTest(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := newLoadFlags()
	if err := parseFlags(f.FlagSet, args, aboutLoad(), stdout, stderr); err != nil {
		return err
	}
	if err := f.complete(); err != nil {
		return err
	}
	live := report.NewLive(stderr, func() report.Screen { return screenOf(stderr) })
	f.options.Live = func(s report.Status) { _ = live.Show(s) } // a test goes on without a terminal
	f.options.Program = "tidegate " + version()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(loadProcessors()))
	r, err := loadtest.Run(ctx, f.options)
	_ = live.Close()
	if err != nil {
		return err
	}
	// The files first: a pipe that is closed must not cost the report.
	err = errors.Join(writeTo(f.json, stdout, r.Encode), writeTo(f.html, stdout, r.HTML))
	if f.json != "-" {
		err = errors.Join(err, r.Summary(stdout, screenOf(stdout)))
	}
	if err == nil && r.Failed() {
		err = errViolations
	}
	return err
}

// loadProcessors is how many processors a load test may use: one to read for
// all clients, and a quarter of the machine, as the rest is the target's. One
// also does more of this than several that wake each other.
func loadProcessors() int { return 1 + max(1, runtime.NumCPU()/4) }

func aboutLoad() string {
	var profiles, faults strings.Builder
	for _, p := range loadtest.Profiles {
		fmt.Fprintf(&profiles, "    %-11s %s\n", p.Name, p.About)
	}
	for _, p := range loadtest.Faults {
		fmt.Fprintf(&faults, "    %-11s %s\n", p.Name, p.About)
	}
	return fmt.Sprintf(aboutLoadtest, profiles.String(), faults.String())
}

// screenOf is what is known of a writer as a terminal.
func screenOf(w io.Writer) report.Screen {
	if f, ok := w.(*os.File); ok {
		return report.ScreenOf(f)
	}
	return report.Screen{}
}

// writeTo writes a file, or standard output for "-". "" is neither.
func writeTo(name string, stdout io.Writer, write func(io.Writer) error) error {
	switch name {
	case "":
		return nil
	case "-":
		return write(stdout)
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
