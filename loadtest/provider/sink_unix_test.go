//go:build unix

package provider_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"tidegate/loadtest/provider"
)

// The callers of a benchmark are a process of their own, so that the
// provider's processor time can be told from theirs.
const sinkEnv = "TIDEGATE_PROVIDER_SINK"

// sink is that process: it makes calls and throws the answers away.
func sink() bool {
	address := os.Getenv(sinkEnv)
	if address == "" {
		return false
	}
	n, err := strconv.Atoi(os.Getenv(sinkEnv + "_N"))
	if err != nil {
		panic(err)
	}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			c, err := net.Dial("tcp", address)
			if err != nil {
				panic(err)
			}
			defer func() { _ = c.Close() }()
			if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s",
				chatPath, len(streaming), streaming); err != nil {
				panic(err)
			}
			if _, err := io.Copy(io.Discard, c); err != nil {
				panic(err)
			}
		})
	}
	wg.Wait()
	return true
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// pour lets a sink take n answers, and reports what they cost the provider.
func pour(b *testing.B, n int, script provider.Script) {
	s := start(b, provider.Options{Script: script})
	var used time.Duration
	for b.Loop() {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), sinkEnv+"="+s.Addr(), sinkEnv+"_N="+strconv.Itoa(n))
		before := cpu(b)
		if out, err := c.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		used += cpu(b) - before
	}
	st := s.Stats()
	b.ReportMetric(float64(st.Events)/used.Seconds(), "tokens/cpu-s")
	b.ReportMetric(float64(used.Nanoseconds())/float64(st.Events), "cpu-ns/token")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkPaced is 500 streams of 80 tokens per second for 3 s.
func BenchmarkPaced(b *testing.B) { pour(b, 500, provider.Script{Tokens: 240, Pace: 80}) }

// BenchmarkUnpaced is 4 streams as fast as their callers read.
func BenchmarkUnpaced(b *testing.B) { pour(b, 4, provider.Script{Tokens: 200_000}) }
