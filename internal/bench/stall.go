//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"syscall"
	"time"
)

// What bounds the kernel's buffers at both ends, in bytes, so that what is
// measured is in between. Linux doubles them.
const (
	clientReceive = 4096
	providerSend  = 4096
)

// runStall measures what is taken from a provider for a client that reads 100
// tokens and then nothing, and whether anything ends that: with events that
// differ in their text alone, of which a gateway that stores differences holds
// many, and with the random padding that OpenAI adds.
func runStall(ctx context.Context, o *options, s subject) ([]value, error) {
	plain, err := stall(ctx, o, s, "plain events", "")
	if err != nil {
		return nil, err
	}
	padded, err := stall(ctx, o, s, "padded events", ",obfuscation=1")
	return append(plain, padded...), err
}

func stall(ctx context.Context, o *options, s subject, of, script string) ([]value, error) {
	front, back, err := between(ctx, s, setting{keepAlive: o.keepAlive}, "provider", "-send", fmt.Sprint(providerSend))
	if err != nil {
		return nil, err
	}
	defer back.Close()
	defer front.Close()
	fd, err := dial(front.address, clientReceive)
	if err != nil {
		return nil, err
	}
	defer func() { _ = syscall.Close(fd) }()
	read, err := readTokens(fd, "tokens=10000000,"+think+script, 100)
	if err != nil {
		return nil, err
	}
	stopped := time.Now()
	before, err := resident(front.pids())
	if err != nil {
		return nil, err
	}

	var took counts
	cancelled := time.Duration(0)
	for time.Since(stopped) < 3*o.keepAlive && cancelled == 0 {
		if took, err = counters(ctx, back); err != nil {
			return nil, err
		}
		if took.Active == 0 {
			cancelled = time.Since(stopped)
		}
		if err := sleep(ctx, 20*time.Millisecond); err != nil {
			return nil, err
		}
	}
	after, err := resident(front.pids())
	if err != nil {
		return nil, err
	}
	values := []value{
		figure("taken beyond what was read, "+of, "KiB", float64(took.Bytes-read.body)/1024),
		aside("the same in tokens, "+of, "", float64(took.Events-read.events)),
		aside("memory grown, "+of, "KiB", float64(after-before)/1024),
	}
	if cancelled > 0 {
		name := fmt.Sprintf("provider call ended after (keep-alive %s, watched for %s), %s", o.keepAlive, 3*o.keepAlive, of)
		values = append(values, aside(name, "s", cancelled.Seconds()))
	}
	return values, nil
}

// readTokens asks for a long stream and reads until it has n events.
func readTokens(fd int, script string, n int64) (r response, err error) {
	if err := write(fd, request(script, true, 0)); err != nil {
		return r, err
	}
	buf := make([]byte, 1024)
	for r.events < n {
		k, err := syscall.Read(fd, buf)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || k == 0 {
			return r, fmt.Errorf("bench: stream ended after %d tokens: %w", r.events, err)
		}
		if _, _, err := r.feed(buf[:k], nil); err != nil {
			return r, err
		}
	}
	return r, nil
}

// counts are those of the provider's counters that matter here.
type counts struct {
	Active int64 `json:"active"`
	Events int64 `json:"events"`
	Bytes  int64 `json:"bytes"`
}

func counters(ctx context.Context, provider *process) (c counts, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+provider.address.String()+"/script/stats", nil)
	if err != nil {
		return c, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return c, err
	}
	defer func() { _ = answer.Body.Close() }()
	return c, json.NewDecoder(answer.Body).Decode(&c)
}
