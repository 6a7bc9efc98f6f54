package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
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
// what the gateway takes that they measure. Each is a process of its own: the
// provider, which may be elsewhere, counts for neither.
func BenchmarkGenerator(b *testing.B) {
	asProcess(b)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // as the command does
	for _, c := range []struct {
		name         string
		tokens, pace int
		rate         float64
		duration     time.Duration
	}{
		{"paced", 400, 80, 60, 10 * time.Second},
		{"unpaced", 20_000, 0, 15, 5 * time.Second},
	} {
		for _, transport := range loadtest.Transports {
			b.Run(c.name+"/"+transport, func(b *testing.B) {
				var ratio, ours, theirs float64
				for b.Loop() {
					url := providerProcess(b, fmt.Sprintf("tokens=%d&pace=%d", c.tokens, c.pace))
					r, err := loadtest.Run(b.Context(), loadtest.Options{
						Start: func(ctx context.Context, _ string) (loadtest.Target, func(), error) {
							return startGateway(ctx, url, &loadtest.Options{AtOnce: 10_000, Limits: checker.Limits{KeepAlive: 15 * time.Second}})
						},
						NoProvider: true, Model: "m", Rate: c.rate, Duration: c.duration, Tokens: c.tokens, Transports: []string{transport},
					})
					if err != nil {
						b.Fatal(err)
					}
					run := r.Runs[0]
					ours = float64(run.Generator.CPU) / float64(run.Total.Tokens)
					theirs = float64(run.Server.CPUPerToken)
					ratio = theirs / ours
				}
				b.ReportMetric(ours*1e6, "generator-µs/token")
				b.ReportMetric(theirs*1e6, "gateway-µs/token")
				b.ReportMetric(ratio, "ratio")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

func providerProcess(b *testing.B, script string) (url string) {
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
	b.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}
