package upstream

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/breaker"
	"tidegate/stream"
)

func TestSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(Streams{Max: 2, Queue: 3, Wait: time.Second})
		later := time.Now().Add(time.Hour)
		first, second := s.try(), s.try()
		if s.try() != nil {
			t.Fatal("a third of two")
		}
		var order []int
		for i := range 3 {
			go func() {
				place := s.wait(t.Context(), later)
				order = append(order, i)
				place.release()
				place.release() // twice is once
			}()
			synctest.Wait()
		}
		if s.wait(t.Context(), later) != nil || s.waiting.Load() != 3 {
			t.Errorf("a fourth may wait; %d do", s.waiting.Load())
		}
		if first.release(); s.try() != nil {
			t.Error("somebody has pushed in")
		}
		synctest.Wait()
		if len(order) != 3 || order[0] != 0 || order[1] != 1 || order[2] != 2 {
			t.Errorf("in the order %v", order)
		}
		second.release()
		if s.used.Load() != 0 || s.waiting.Load() != 0 {
			t.Errorf("%d used, %d waiting", s.used.Load(), s.waiting.Load())
		}
	})
}

func TestSlotsWaitIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		deadline, cancel, want time.Duration
	}{
		"by its own":    {time.Hour, time.Hour, 10 * time.Second},
		"by the search": {4 * time.Second, time.Hour, 4 * time.Second},
		"by the caller": {time.Hour, 3 * time.Second, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSlots(Streams{Max: 1, Queue: 3, Wait: 10 * time.Second})
				s.try()
				began := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), c.cancel)
				defer cancel()
				if s.wait(ctx, began.Add(c.deadline)) != nil {
					t.Error("a place there is not")
				}
				if took := time.Since(began); took != c.want || s.waiting.Load() != 0 || s.used.Load() != 1 {
					t.Errorf("took %v; %d wait, %d are used", took, s.waiting.Load(), s.used.Load())
				}
			})
		})
	}
}

func TestSlotsWithoutABound(t *testing.T) {
	s := newSlots(Streams{})
	for range 1000 {
		if s.try() == nil {
			t.Fatal("none is free")
		}
	}
	if s.used.Load() != 1000 {
		t.Error(s.used.Load())
	}
}

// A call waits for its turn, if it has nowhere else to go.
func TestCallWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := provider(t, answering(200, events, saying(token, finish, "[DONE]")), func(o *ProviderOptions) {
			o.Streams = Streams{Max: 1, Queue: 1, Wait: time.Minute}
		})
		c := NewCaller(routes(t, map[string][]Choice{"m": {{To: "p"}}}, map[string]*Provider{"p": p}), usual)
		first, err := c.Open(t.Context(), chat("m", true))
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(5*time.Second, first.Source.Close)
		began := time.Now()
		second, err := c.Open(t.Context(), chat("m", true))
		if err != nil || time.Since(began) != 5*time.Second {
			t.Fatalf("%v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		gone := errors.New("gone")
		time.AfterFunc(time.Second, func() { cancel(gone) })
		_, err = c.Open(ctx, chat("m", true))
		if r := refusal(t, err); !errors.Is(err, gone) || r.Provider != "p" || r.Tries != 0 {
			t.Errorf("cancelled while it waits: %v", err)
		}
		began = time.Now()
		_, err = c.Open(t.Context(), chat("m", true))
		if r := refusal(t, err); r.Code != "provider_full" || time.Since(began) != time.Minute {
			t.Errorf("%+v after %v", r, time.Since(began))
		}
		second.Source.Close()
		idle(t, p)
	})
}

// deaths are the ways in which a call may end. Each is handed a call's context
// and what cancels it.
var deaths = []struct {
	name   string
	answer roundTrip
	kill   func(st *stream.Stream, cancel func())
	closes int // times that it is closed instead of being read
}{
	{name: "whole", answer: answering(200, events, saying(token, finish, "[DONE]"))},
	{name: "no marker", answer: answering(200, events, saying(token))},
	{name: "error event", answer: answering(200, events, saying(token, apiError))},
	{name: "error first", answer: answering(200, events, saying(apiError))},
	{name: "refused", answer: answering(500, "application/json", apiError)},
	{name: "a page", answer: answering(200, "text/html", "<html>")},
	{name: "too large", answer: answering(200, events, saying(token)+"data: "+noise(1, maxEvent+1))},
	{name: "client leaves", answer: endless, kill: func(_ *stream.Stream, cancel func()) { cancel() }},
	{name: "consumer is slow", answer: endless, kill: func(st *stream.Stream, _ func()) {
		st.End(stream.End{Reason: stream.SlowConsumer})
	}},
	{name: "closed at once", answer: endless, closes: 1},
	{name: "closed twice", answer: endless, closes: 2},
	{name: "silent", answer: hushed(saying(token))},
	{name: "never begins", answer: hushed("")},
	{name: "never answers", answer: func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}},
	{name: "leaves before", answer: hushed(""), kill: func(_ *stream.Stream, cancel func()) { cancel() }},
}

// endless streams tokens for ever, one a millisecond.
func endless(r *http.Request) (*http.Response, error) {
	return body(r, func(w *wire) {
		for r.Context().Err() == nil {
			select {
			case w.in <- saying(token):
			case <-r.Context().Done():
			}
			select {
			case <-time.After(time.Millisecond):
			case <-r.Context().Done():
			}
		}
	}), nil
}

// hushed says something and nothing more.
func hushed(first string) roundTrip { return hushedThen(first, func(*wire) {}) }

// hushedThen says something, and then what it is told to.
func hushedThen(first string, then func(*wire)) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		return body(r, func(w *wire) {
			if first != "" {
				w.in <- first
			}
			then(w)
		}), nil
	}
}

func body(r *http.Request, say func(*wire)) *http.Response {
	w := newWire(r.Context())
	go say(w)
	resp := response(200, events, "")
	resp.Body, resp.ContentLength = idempotent{w}, -1
	return resp
}

// idempotent is a wire that may be closed more than once.
type idempotent struct{ *wire }

func (idempotent) Close() error { return nil }

// TestNothingLeaks kills ten thousand calls in every way there is. All counters
// are zero in the end, and what clients did has opened no breaker.
func TestNothingLeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 10_000
		all := map[string]*Provider{}
		models := map[string][]Choice{}
		for _, d := range deaths {
			all[d.name] = provider(t, d.answer, func(o *ProviderOptions) {
				o.Name, o.Streams = d.name, Streams{Max: 200, Queue: 1000, Wait: time.Hour}
				o.Breaker = breaker.Limits{Failures: 1_000_000, Window: time.Hour, OpenFor: time.Hour}
				o.Timeouts.FirstEvent, o.Timeouts.Silence = time.Second, time.Second
			})
			models[d.name] = []Choice{{To: d.name}}
		}
		c := NewCaller(routes(t, models, all), usual)
		var running sync.WaitGroup
		for i := range calls {
			d := deaths[i%len(deaths)]
			running.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if d.name == "leaves before" {
					time.AfterFunc(rand.N(500*time.Millisecond), cancel)
				}
				answer, err := c.Open(ctx, chat(d.name, true))
				if err != nil {
					return
				}
				if answer.Source == nil {
					_ = answer.Body.Close()
					return
				}
				for range d.closes {
					answer.Source.Close()
				}
				if d.closes > 0 {
					return
				}
				st := stream.New(stream.Config{Pages: stream.NewPages(bufferSize), Now: time.Now, Stop: cancel})
				if d.kill != nil {
					time.AfterFunc(rand.N(100*time.Millisecond), func() { d.kill(st, cancel) })
				}
				r, err := st.Attach(0, stream.NoLimit, func() {})
				if err == nil {
					defer r.Detach()
				}
				answer.Source.Pump(st)
				answer.Source.Close()
				st.End(stream.End{Reason: stream.Cancelled})
				st.Drop()
			})
		}
		running.Wait()
		for _, p := range all {
			idle(t, p)
			if held := p.limits.Oversize.Held(); held != 0 {
				t.Errorf("%s: %d bytes are still reserved", p.name, held)
			}
			for model, l := range p.lanes {
				if n := l.breaker.State(); n != breaker.Closed {
					t.Errorf("%s: breaker of %s is %v", p.name, model, n)
				}
			}
		}
	})
}
