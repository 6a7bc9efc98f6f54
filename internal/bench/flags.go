//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	gateway, log    string
	parts           []part
	rounds          int
	streams, crowd  int
	pace            float64
	duration        time.Duration
	clients, tokens int
	keepAlive       time.Duration
	unread          time.Duration
	relay, nginx    bool

	json, markdown string
	strict         bool
}

// parse reads the command line.
func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.gateway, "gateway", "bin/gateway", "the gateway's `binary`; empty leaves it out")
	flags.StringVar(&o.log, "log", "info", "the gateway's log `level`; from info on, there is a line for each call")
	only := flags.String("only", "", "the `parts` to run, separated by commas: "+partNames())
	flags.IntVar(&o.rounds, "rounds", 5, "how often everything takes its turn; the medians count")
	flags.IntVar(&o.streams, "streams", 200, "streams at once, paced and for latency")
	flags.IntVar(&o.crowd, "crowd", 1000, "streams at once, crowded and for memory")
	flags.Float64Var(&o.pace, "pace", 80, "tokens per second of a paced stream")
	flags.DurationVar(&o.duration, "duration", 5*time.Second, "how long a paced run is measured; the others take a part of it")
	flags.IntVar(&o.clients, "clients", 64, "clients at once where nothing is paced")
	flags.IntVar(&o.tokens, "tokens", 2000, "tokens of an unpaced stream")
	flags.DurationVar(&o.keepAlive, "keep-alive", 2*time.Second, "the gateway's keep_alive for the client that stalls")
	flags.DurationVar(&o.unread, "for", 10*time.Second, "how long readers that never read are watched")
	flags.BoolVar(&o.relay, "relay", true, "measure a relay of bytes, the floor, too")
	flags.BoolVar(&o.nginx, "nginx", true, "measure nginx too, if it is installed")
	flags.StringVar(&o.json, "json", "", "write every value to this `file`")
	flags.StringVar(&o.markdown, "md", "", "write the tables as Markdown to this `file`; of one that exists, only what is between its marks")
	flags.BoolVar(&o.strict, "strict", false, "fail if a target is missed")
	quick := flags.Bool("quick", false, "one short round, to see that everything works: the figures mean nothing")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if *quick {
		o.quicken()
	}
	var err error
	if o.parts, err = choose(*only); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 || o.rounds < 1 || o.streams < 1 || o.crowd < 1 || o.pace <= 0 || o.duration <= 0 ||
		o.clients < 1 || o.tokens < 1 || o.unread <= 0 || o.keepAlive < 100*time.Millisecond {
		return nil, errors.New("bench: counts and durations are above 0 (keep-alive: 100ms), and there are no further arguments")
	}
	return o, nil
}

func (o *options) quicken() {
	o.rounds, o.streams, o.crowd, o.clients = 1, 20, 40, 4
	o.duration, o.keepAlive, o.unread = 600*time.Millisecond, 200*time.Millisecond, 200*time.Millisecond
}

// choose finds the parts by their names; "" is all.
func choose(names string) ([]part, error) {
	if names == "" {
		return parts, nil
	}
	var all []part
	for name := range strings.SplitSeq(names, ",") {
		found := false
		for _, p := range parts {
			if p.name == name {
				all, found = append(all, p), true
			}
		}
		if !found {
			return nil, fmt.Errorf("bench: there is no part %q; there are %s", name, partNames())
		}
	}
	return all, nil
}

func partNames() string {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.name
	}
	return strings.Join(names, ", ")
}
