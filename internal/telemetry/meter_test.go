package telemetry

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/stream"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

// Latencies and counts of a stream whose client is 3 ms and then 40 ms behind.
func TestMeterLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := New(options())
		s, r, seat := open(t, tel, here, true)
		defer seat.Leave()
		var ev stream.Event

		send(t, s, 1)
		time.Sleep(3 * time.Millisecond)
		r.Next(&ev)
		r.Delivered(time.Now())

		send(t, s, 1)
		time.Sleep(10 * time.Millisecond)
		send(t, s, 1)
		time.Sleep(30 * time.Millisecond)
		r.Next(&ev)
		r.Next(&ev)
		r.Delivered(time.Now())
		time.Sleep(time.Second)
		if err := r.Ack(3, stream.NoLimit); err != nil {
			t.Fatal(err)
		}

		if got := gather(t, tel, "tidegate_event_write_latency_seconds")["small local"]; got.count != 2 || !near(got.value, 0.043) {
			t.Errorf("write latency: %+v, want 2 flushes, 0.043 s", got)
		}
		if got := gather(t, tel, "tidegate_event_acknowledge_latency_seconds")["small local"]; got.count != 1 || !near(got.value, 1.043) {
			t.Errorf("acknowledge latency: %+v, want 1 acknowledgement, 1.043 s", got)
		}
		wants(t, tel, []wanted{{"tidegate_events_written_total", "small local", 3}})
	})
}

// A pause counts once it is over, as long as it was.
func TestMeterPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := New(options())
		s, r, seat := open(t, tel, here, false)
		defer seat.Leave()

		go send(t, s, 45) // more than a buffer, less than one and a half
		synctest.Wait()
		wants(t, tel, []wanted{
			{"tidegate_streams_paused", "small local", 1},
			{"tidegate_provider_pauses_total", "small local", 0},
		})
		time.Sleep(2 * time.Second)
		read(t, r)
		synctest.Wait()
		read(t, r)
		synctest.Wait()
		wants(t, tel, []wanted{
			{"tidegate_streams_paused", "small local", 0},
			{"tidegate_provider_pauses_total", "small local", 1},
			{"tidegate_provider_pause_seconds_total", "small local", 2},
			{"tidegate_events_written_total", "small local", 45},
			{"tidegate_events_written_total", "* local", 0},
		})
	})
}

// The clock may be set back: a counter that panicked would take the stream
// with it.
func TestMeterPausedBackwards(t *testing.T) {
	tel := New(options())
	tel.Meter(here.Provider, here.Model).Paused(-time.Second)
	wants(t, tel, []wanted{
		{"tidegate_provider_pauses_total", "small local", 1},
		{"tidegate_provider_pause_seconds_total", "small local", 0},
	})
}

func TestMeterDoesNotAllocate(t *testing.T) {
	m := New(options()).Meter(here.Provider, here.Model)
	if n := testing.AllocsPerRun(1000, func() {
		m.Delivered(3, 70*time.Microsecond)
		m.Acknowledged(3, 70*time.Microsecond)
		m.Paused(time.Millisecond)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkDelivered(b *testing.B) {
	m := New(options()).Meter(here.Provider, here.Model)
	b.ReportAllocs()
	for b.Loop() {
		m.Delivered(1, 70*time.Microsecond)
	}
}

func BenchmarkDeliveredParallel(b *testing.B) {
	m := New(options()).Meter(here.Provider, here.Model)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m.Delivered(1, 70*time.Microsecond)
		}
	})
}
