package main

import (
	stdcmp "cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidegate/client"
	"tidegate/internal/config"
	"tidegate/loadtest/provider"
)

// allRecordings are those of every API: as events that somebody's provider
// sends, whatever they mean. A browser would not hear of an event whose data is
// empty; these clients do.
func allRecordings(t testing.TB) (folder string, all []*recording) {
	const empty = "\x00"
	folder, all = everyRecording(t, func(raw string) string {
		return strings.ReplaceAll(raw, "\ndata: \n\n", "\ndata: "+empty+"\n\n")
	})
	for _, rec := range all {
		for i := range rec.events {
			rec.events[i].Data = strings.Replace(rec.events[i].Data, empty, "", 1)
		}
	}
	return folder, all
}

// rounds is how often the soak goes through all recordings: TIDEGATE_SOAK, once
// if it is not set.
func rounds(t testing.TB) int {
	n, err := strconv.Atoi(stdcmp.Or(os.Getenv("TIDEGATE_SOAK"), "1"))
	if err != nil || n < 1 {
		t.Fatalf("TIDEGATE_SOAK is a number of rounds, not %q", os.Getenv("TIDEGATE_SOAK"))
	}
	return n
}

// soak runs f for every recording, many at once.
func soak(t *testing.T, all []*recording, f func(r *rand.Rand, rec *recording) error) {
	const atOnce = 24
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var wait sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	streams, events := 0, 0
	for round := range rounds(t) {
		for i, rec := range all {
			slots <- struct{}{}
			streams++
			events += len(rec.events)
			wait.Go(func() {
				defer func() { <-slots }()
				if err := f(rand.New(rand.NewPCG(seed, uint64(round<<32+i))), rec); err != nil {
					t.Errorf("%s: %v", rec.file, err)
				}
			})
		}
	}
	wait.Wait()
	t.Logf("%d streams, %d events", streams, events)
}

// checkSequence holds what an application has got against what the provider
// sent.
func checkSequence(rec *recording, got []event, end error) error {
	if !slices.Equal(rec.events, got) {
		n := 0
		for n < min(len(got), len(rec.events)) && got[n] == rec.events[n] {
			n++
		}
		return fmt.Errorf("%d of %d events, the first %d of them right, then: %w (-in +out):\n%s",
			len(got), len(rec.events), n, stdcmp.Or(end, errWhole), cmp.Diff(rec.events[n:min(n+3, len(rec.events))], got[n:min(n+3, len(got))]))
	}
	want := ""
	switch {
	case rec.failed:
		want = "upstream_error"
	case !rec.whole(config.EndDone):
		want = "upstream_truncated"
	}
	var ended *client.EndError
	switch {
	case want == "" && end == nil:
		return nil
	case errors.As(end, &ended) && ended.Reason == want && ended.Seq == uint64(len(got)):
		return nil
	}
	return fmt.Errorf("want reason %q, not %w", want, stdcmp.Or(end, errWhole))
}

var errWhole = errors.New("a whole answer")

// crowd are clients of all kinds.
func crowd(t *testing.T, url string) (all []*client.Client) {
	for i, o := range []client.Options{
		{Transport: client.WebSocket, Protocol: client.Binary},
		{Transport: client.WebSocket, Protocol: client.JSON},
		{Transport: client.SSE},
		{Transport: client.WebSocket, Protocol: client.Binary},
		{Transport: client.WebSocket, Protocol: client.JSON},
		{Transport: client.Auto},
	} {
		o.URL, o.Window = url, []int{64, 64, 64, 2, 5, 17}[i]
		o.Backoff = func(int) time.Duration { return time.Millisecond }
		c, err := client.New(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		all = append(all, c)
	}
	return all
}

// Every stream of every recording is read exactly once through a line that
// breaks all the time, by applications that pause, leave and come back over
// another transport.
func TestExactlyOnce(t *testing.T) {
	folder, all := allRecordings(t)
	h := start(t, setup{provider: provider.Options{Folder: folder}, config: roomy})
	line := newBadLine(t, h.addr, rand.Uint64())
	clients := crowd(t, line.url())
	soak(t, all, func(r *rand.Rand, rec *recording) error {
		ctx, cancel := context.WithCancelCause(context.Background())
		defer cancel(nil)
		stuck := time.AfterFunc(patient, func() { cancel(errStuck) })
		defer stuck.Stop()
		s, err := openUntil(ctx, clients, r, rec)
		var refusal *client.RefusedError
		if !rec.begins {
			if !errors.As(err, &refusal) {
				return fmt.Errorf("instead of a refusal: %w", stdcmp.Or(err, errWhole))
			}
			return nil
		}
		if err != nil {
			return err
		}
		got, err := readOn(ctx, clients, r, s, stuck)
		return checkSequence(rec, got, err)
	})
	if line.broken.Load() < 50 {
		t.Errorf("the line broke %d connections: that is no test", line.broken.Load())
	}
	t.Logf("%d connections broken", line.broken.Load())
}

var errStuck = errors.New("the stream got no further")

// roomy is room for what a soak leaves behind.
func roomy(c *config.Config) {
	c.Stream.Retained, c.Limits.StreamsPerConnection = 10_000, 1000
	everyAPI(c)
}

// openUntil opens a stream. An open whose answer is lost makes a stream that
// nobody knows of; another one is opened.
func openUntil(ctx context.Context, clients []*client.Client, r *rand.Rand, rec *recording) (*client.Stream, error) {
	for {
		c := clients[r.IntN(len(clients))]
		api, model, body := rec.call()
		s, err := c.OpenCall(ctx, client.Call{API: api, Model: model, Body: []byte(body)})
		var refusal *client.RefusedError
		if err == nil || errors.As(err, &refusal) || ctx.Err() != nil {
			return s, err
		}
	}
}

// readOn reads a stream to its end, and now and then somewhere else.
func readOn(ctx context.Context, clients []*client.Client, r *rand.Rand, s *client.Stream, stuck *time.Timer) (got []event, err error) {
	for {
		leave, again := r.IntN(200), r.IntN(100)
		for ev, err := range s.Events() {
			if err != nil {
				return got, err
			}
			if ev.Seq != uint64(len(got)+1) {
				return got, fmt.Errorf("event %d after %d", ev.Seq, len(got))
			}
			if leave--; leave < 0 {
				break
			}
			if again--; again < 0 {
				time.Sleep(time.Duration(r.IntN(3000)) * time.Microsecond) // it is the application that is slow
				again = r.IntN(100)
			}
			got = append(got, event{ev.Name, strings.Clone(string(ev.Data))})
			stuck.Reset(patient)
		}
		if leave >= 0 {
			return got, nil
		}
		if r.IntN(4) == 0 {
			continue // another loop over the same stream
		}
		saved := s.Save()
		s.Close()
		if s, err = clients[r.IntN(len(clients))].Resume(ctx, saved); err != nil {
			return got, err
		}
	}
}
