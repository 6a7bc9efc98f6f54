package telemetry

import (
	"crypto/rand"
	"testing"
	"time"

	"tidegate/stream"
)

const bufferSize = 1024

var here = Route{Provider: "local", Model: "small"}

// options are those of a gateway with two routes and everything shown.
func options() Options {
	return Options{
		Registry:  stream.NewRegistry(10),
		Routes:    []Route{here, {Provider: "local", Model: "*"}},
		APIs:      map[string][]stream.API{"local": {stream.ChatCompletions, stream.Embeddings}},
		Buffer:    bufferSize,
		Version:   "1.2.3",
		Bodies:    Limit{Used: func() int64 { return 7 }, Max: 70},
		Oversize:  Limit{Used: func() int64 { return 8 }, Max: 80},
		Clients:   Limit{Used: func() int64 { return 9 }, Max: 90},
		Providers: func() Connections { return Connections{Open: 5, Idle: 2, Dials: 11, Reuses: 4} },
		LogLost:   func() int64 { return 6 },
		Refusing:  map[string]func() int64{"admin": func() int64 { return 3 }, "clients": func() int64 { return 2 }},
		Upstreams: func() []Upstream {
			return []Upstream{{Provider: "local", MaxStreams: 4, Tries: map[string]int64{"answered": 1}, Breakers: map[string]int{"small": 0}}}
		},
	}
}

// sample is a metric's value; of a histogram, its sum, and how many
// observations there were.
type sample struct {
	value float64
	count uint64
}

// gather returns the samples of a metric by their labels' values, joined by
// blanks in the order of the labels' names.
func gather(t *testing.T, tel *Telemetry, name string) map[string]sample {
	t.Helper()
	families, err := tel.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]sample{}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			key := ""
			for i, l := range m.GetLabel() {
				if i > 0 {
					key += " "
				}
				key += l.GetValue()
			}
			s := sample{value: m.GetCounter().GetValue() + m.GetGauge().GetValue()}
			if h := m.GetHistogram(); h != nil {
				s = sample{h.GetSampleSum(), h.GetSampleCount()}
			}
			found[key] = s
		}
	}
	if len(found) == 0 {
		t.Fatalf("there is no metric %s", name)
	}
	return found
}

// wants checks single samples: metric, labels, value.
func wants(t *testing.T, tel *Telemetry, want []wanted) {
	t.Helper()
	for _, w := range want {
		got, ok := gather(t, tel, w.name)[w.labels]
		if !ok || got.value != w.value {
			t.Errorf("%s{%s} = %v (there: %v), want %v", w.name, w.labels, got.value, ok, w.value)
		}
	}
}

type wanted struct {
	name, labels string
	value        float64
}

// series counts all series there are.
func series(t *testing.T, tel *Telemetry) int {
	t.Helper()
	families, err := tel.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, family := range families {
		n += len(family.GetMetric())
	}
	return n
}

// open makes a stream that is under way in tel's registry.
func open(t *testing.T, tel *Telemetry, route Route, resumable bool) (*stream.Stream, *stream.Reader, *stream.Seat) {
	t.Helper()
	s := stream.New(stream.Config{
		ID: rand.Text(), Provider: route.Provider, Model: route.Model,
		Pages: stream.NewPages(bufferSize), Now: time.Now, Resumable: resumable,
		Meter: tel.Meter(route.Provider, route.Model),
	})
	seat, err := tel.calls.Take(func(stream.End) {})
	if err != nil {
		t.Fatal(err)
	}
	seat.Put(s)
	r, err := s.Attach(0, stream.NoLimit, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return s, r, seat
}

// send appends n events that no encoding makes smaller, of 26 bytes each.
func send(t *testing.T, s *stream.Stream, n int) {
	t.Helper()
	for range n {
		if err := s.Append(stream.Event{Data: []byte(rand.Text())}, time.Now()); err != nil {
			t.Error(err)
		}
	}
}

// read takes and acknowledges all that there is.
func read(t *testing.T, r *stream.Reader) {
	t.Helper()
	var ev stream.Event
	for {
		seq, ok := r.Next(&ev)
		if !ok {
			return
		}
		r.Delivered(time.Now())
		if err := r.Ack(seq, stream.NoLimit); err != nil {
			t.Error(err)
		}
	}
}
