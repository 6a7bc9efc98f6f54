package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"tidegate/loadtest"
	checker "tidegate/loadtest/check"
	"tidegate/loadtest/provider"
)

const asProvider = "TIDEGATE_TEST_PROVIDER"

// TestAsProvider is the scripted provider as a process of its own, for the
// benchmark.
func TestAsProvider(t *testing.T) {
	script := os.Getenv(asProvider)
	if script == "" {
		return // there is nothing to run
	}
	s, err := provider.ParseScript(provider.Script{}, script)
	if err != nil {
		t.Fatal(err)
	}
	server, err := provider.Start(provider.Options{Script: s})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(server.URL())
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // until the benchmark is over
	os.Exit(0)
}

// BenchmarkGenerator holds what clients and checker take for a token against
// what the gateway takes that they measure: "ratio" is the gateway's processor
// time over theirs. Each is a process of its own. The scripted provider, which
// may be elsewhere, is another: "ratio-with-provider" counts its time as the
// generator's. Started inside the generator, as the command does it, it
// witnesses what it sends, and that is all in one figure.
func BenchmarkGenerator(b *testing.B) {
	asProcess(b)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(loadProcessors()))
	for _, c := range []struct {
		name         string
		tokens, pace int
		rate         float64
		duration     time.Duration
		inside       bool
	}{
		{"paced", 400, 80, 60, 10 * time.Second, false},
		{"unpaced", 20_000, 0, 15, 5 * time.Second, false},
		{"provider-inside", 400, 80, 60, 10 * time.Second, true},
	} {
		for _, transport := range loadtest.Transports {
			b.Run(c.name+"/"+transport, func(b *testing.B) {
				var ours, theirs, provider float64
				for b.Loop() {
					o := loadtest.Options{
						Rate: c.rate, Duration: c.duration, Tokens: c.tokens, Pace: float64(c.pace), Transports: []string{transport},
						Limits: checker.Limits{KeepAlive: 15 * time.Second},
					}
					stop := func() float64 { return 0 }
					var url string
					if !c.inside {
						o.NoProvider, o.Model = true, "m"
						url, stop = providerProcess(b, fmt.Sprintf("tokens=%d&pace=%d", c.tokens, c.pace))
					}
					o.Start = func(ctx context.Context, inside string) (loadtest.Target, func(), error) {
						if !c.inside {
							inside = url
						}
						return startGateway(ctx, inside, &loadtest.Options{AtOnce: 10_000, Limits: o.Limits})
					}
					r, err := loadtest.Run(b.Context(), o)
					if err != nil {
						b.Fatal(err)
					}
					run := r.Runs[0]
					tokens := float64(run.Total.Tokens)
					if whole := run.Total.Ends.Whole; whole != run.Total.Streams || r.Failed() {
						b.Fatalf("%d of %d streams are whole, %+v", whole, run.Total.Streams, run.Violations)
					}
					ours, theirs, provider = float64(run.Generator.CPU)/tokens, float64(run.Server.CPUPerToken), stop()/tokens
				}
				b.ReportMetric(ours*1e6, "generator-µs/token")
				b.ReportMetric(theirs*1e6, "gateway-µs/token")
				if c.inside {
					b.ReportMetric(theirs/ours, "ratio-with-provider")
				} else {
					b.ReportMetric(provider*1e6, "provider-µs/token")
					b.ReportMetric(theirs/ours, "ratio")
					b.ReportMetric(theirs/(ours+provider), "ratio-with-provider")
				}
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// providerProcess starts a provider. stop ends it, and returns the seconds of
// processor time that it took.
func providerProcess(b *testing.B, script string) (url string, stop func() float64) {
	cmd := program(b, "unused")
	cmd.Args[1] = "-test.run=^TestAsProvider$"
	cmd.Env = append(os.Environ(), asProvider+"="+script)
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	stop = func() float64 {
		_ = in.Close()
		return took(cmd)
	}
	b.Cleanup(func() { stop() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line), stop
}

// took waits for a process's end.
func took(cmd *exec.Cmd) float64 {
	_ = cmd.Wait() // a second time it says so
	return (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
}
