package breaker

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var limits = Limits{Failures: 3, Window: 30 * time.Second, OpenFor: 10 * time.Second}

// allowed has to be.
func allowed(t *testing.T, b *Provider) *Leave {
	t.Helper()
	l, err := b.Allow()
	if err != nil {
		t.Fatalf("refused while %v: %v", b.State(), err)
	}
	return l
}

func refused(t *testing.T, b *Provider) {
	t.Helper()
	if _, err := b.Allow(); !errors.Is(err, ErrOpen) {
		t.Fatalf("let through while %v: %v", b.State(), err)
	}
}

func in(t *testing.T, b *Provider, want State) {
	t.Helper()
	if got := b.State(); got != want {
		t.Fatalf("state %v, want %v", got, want)
	}
}

// opened is a breaker that has just opened.
func opened(t *testing.T) *Provider {
	t.Helper()
	b := NewProvider(limits)
	for range limits.Failures {
		in(t, b, Closed)
		allowed(t, b).Failed()
	}
	in(t, b, Open)
	return b
}

func TestProviderOpensHalfOpensCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := opened(t)
		refused(t, b)
		time.Sleep(4 * time.Second)
		if left := b.Left(); left != 6*time.Second {
			t.Errorf("%v left", left)
		}
		time.Sleep(6*time.Second + 1)
		in(t, b, HalfOpen)
		probe := allowed(t, b)
		refused(t, b)
		probe.Succeeded()
		in(t, b, Closed)
		allowed(t, b).Succeeded()
	})
}

func TestProviderProbeFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := opened(t)
		for range 3 {
			time.Sleep(limits.OpenFor + 1)
			allowed(t, b).Failed()
			in(t, b, Open)
		}
	})
}

// A probe that hangs holds the place until it is told to have failed, as the
// first event's timer does; one whose client leaves makes room for another.
func TestProviderProbeHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := opened(t)
		time.Sleep(limits.OpenFor + 1)
		probe := allowed(t, b)
		time.Sleep(time.Hour) // longer than every window
		refused(t, b)
		probe.Failed()
		in(t, b, Open)
		time.Sleep(limits.OpenFor + 1)
		for range 100 {
			probe = allowed(t, b)
			refused(t, b)
			probe.Excluded()
			in(t, b, HalfOpen)
		}
		allowed(t, b).Succeeded()
		in(t, b, Closed)
	})
}

// A result of a call that took longer than the window counts all the same.
func TestProviderSlowFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewProvider(limits)
		var leaves []*Leave
		for range limits.Failures {
			leaves = append(leaves, allowed(t, b))
		}
		time.Sleep(5 * time.Minute)
		for _, l := range leaves {
			l.Failed()
		}
		in(t, b, Open)
	})
}

// What began before the breaker opened says nothing once it has closed again.
func TestProviderOldResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewProvider(limits)
		var old []*Leave
		for range 100 {
			l := allowed(t, b)
			if len(old)%2 == 0 {
				l.Succeeded()
			}
			old = append(old, l)
		}
		for range 100 {
			allowed(t, b).Failed()
			if b.State() == Open {
				break
			}
		}
		in(t, b, Open)
		time.Sleep(limits.OpenFor + 1)
		for _, l := range old[:50] {
			l.Failed()
		}
		in(t, b, HalfOpen) // none of them was the probe
		allowed(t, b).Succeeded()
		for _, l := range old[50:] {
			l.Failed()
		}
		in(t, b, Closed)
	})
}

func TestProviderCounts(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*Provider, *Leave)
		want State
	}{
		"all fail":                {func(_ *Provider, l *Leave) { l.Failed() }, Open},
		"all succeed":             {func(_ *Provider, l *Leave) { l.Succeeded() }, Closed},
		"begin well, break off":   {func(_ *Provider, l *Leave) { l.Succeeded(); l.Failed() }, Open},
		"say nothing":             {func(_ *Provider, l *Leave) { l.Excluded() }, Closed},
		"failure after exclusion": {func(_ *Provider, l *Leave) { l.Excluded(); l.Failed() }, Closed},
		"told twice":              {func(_ *Provider, l *Leave) { l.Succeeded(); l.Succeeded(); l.Excluded() }, Closed},
		"success after failure":   {func(_ *Provider, l *Leave) { l.Failed(); l.Succeeded() }, Open},
		"most succeed": {func(b *Provider, l *Leave) {
			l.Succeeded()
			if other, err := b.Allow(); err == nil {
				other.Succeeded()
			}
			if other, err := b.Allow(); err == nil {
				other.Failed()
			}
		}, Closed},
		"too seldom": {func(_ *Provider, l *Leave) { l.Failed(); time.Sleep(limits.Window) }, Closed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := NewProvider(limits)
				for range 20 {
					l, err := b.Allow()
					if err != nil {
						break
					}
					c.do(b, l)
				}
				in(t, b, c.want)
			})
		})
	}
}

// Ten thousand clients that leave open nothing, whether their calls had begun
// to be answered or not.
func TestProviderClientsLeave(t *testing.T) {
	b := NewProvider(limits)
	var clients sync.WaitGroup
	for i := range 10_000 {
		clients.Go(func() {
			l, err := b.Allow()
			if err != nil {
				t.Error(err)
				return
			}
			if i%2 == 0 {
				l.Succeeded()
			}
			l.Excluded()
		})
	}
	clients.Wait()
	in(t, b, Closed)
}

func TestProviderNone(t *testing.T) {
	b := NewProvider(Limits{})
	for range 100 {
		allowed(t, b).Failed()
	}
	in(t, b, Closed)
	if b.Left() != 0 {
		t.Error("something is left")
	}
}
