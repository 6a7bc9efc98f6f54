package dialect

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"pgregory.net/rapid"

	"tidegate/stream"
	"tidegate/upstream/sse"
)

// pair is a judge, and one that reads each event's JSON.
type pair struct {
	quick, slow Judge
	fits        int
}

func newPair(api stream.API) *pair {
	d := dialectOf(api)
	return &pair{quick: d.Judge(api), slow: d.Judge(api)}
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// hear fails if the two differ.
func (p *pair) hear(t failer, ev stream.Event) {
	t.Helper()
	m := &accountOf(p.slow).mould
	slow := *m
	slow.text = bytes.Clone(m.text)
	if _, ok := slow.fits(ev); ok {
		p.fits++
	}
	m.ready = false
	got, want := p.quick.Event(ev), p.slow.Event(ev)
	if got != want {
		t.Fatalf("%s %s: quickly judged %d, slowly %d", ev.Name, ev.Data, got, want)
	}
	if p.quick.Finished() != p.slow.Finished() {
		t.Fatalf("%s %s: quickly finished %v, slowly %v", ev.Name, ev.Data, p.quick.Finished(), p.slow.Finished())
	}
}

// used fails if they have read other usage.
func (p *pair) used(t failer) {
	t.Helper()
	got, want := p.quick.Usage(), p.slow.Usage()
	if got.Estimated && want.Estimated { // the lengths of other strings may count, too
		got.Output, want.Output = 0, 0
	}
	if got != want {
		t.Fatalf("usage quickly %+v, slowly %+v", got, want)
	}
}

// TestMouldOverTranscripts: no event of any recorded stream is judged
// otherwise because it fits a mould.
func TestMouldOverTranscripts(t *testing.T) {
	all, _ := recorded(t)
	events, fits := 0, 0
	for _, r := range all {
		p := newPair(apis[r.api])
		scan := sse.New(bytes.NewReader(r.body), sse.Options{})
		var ev sse.Event
		for {
			for scan.Next(&ev) {
				events++
				p.hear(t, stream.Event(ev))
			}
			if err := scan.Fill(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", r.file, err)
			}
		}
		p.used(t)
		fits += p.fits
	}
	t.Logf("%d of %d events fit", fits, events)
}

// TestOrdinaryEventsFit: what all streams are full of is not parsed.
func TestOrdinaryEventsFit(t *testing.T) {
	for name, s := range speakers {
		p := newPair(s.api)
		for i, text := range []string{"a", "bc", `"`, "\\\n", "é"} {
			p.hear(t, event(s.name, s.make(text, 98+i)))
		}
		want := 4
		if name == "chat with logprobs" {
			want = 0
		}
		if p.fits != want {
			t.Errorf("%s: %d of 5 events fit, want %d", name, p.fits, want)
		}
	}
}

// TestMouldOverMutants does the same with events that were damaged.
func TestMouldOverMutants(t *testing.T) {
	var names []string
	for name := range speakers {
		names = append(names, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := speakers[rapid.SampledFrom(names).Draw(t, "speaker")]
		p := newPair(s.api)
		for i := range rapid.IntRange(1, 12).Draw(t, "events") {
			data := []byte(s.make(rapid.SampledFrom([]string{"", "a", " b", `"`, `\`, "\n", "é", "error", "[DONE]"}).Draw(t, "text"), i*99))
			if rapid.IntRange(0, 2).Draw(t, "damage") == 0 {
				at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
				with := rapid.SampledFrom([]string{"", "x", `"`, `\`, "0", " ", "}", `,"error":"e"`, `"finish_reason":"stop",`, `"finishReason":"STOP",`}).Draw(t, "with")
				data = bytes.Join([][]byte{data[:at], data[at+rapid.IntRange(0, 1).Draw(t, "cut"):]}, []byte(with))
			}
			p.hear(t, stream.Event{Name: []byte(s.name), Data: data})
		}
		p.used(t)
	})
}

func TestMould(t *testing.T) {
	for name, c := range map[string]struct {
		first, next stream.Event
		fits        bool
	}{
		"other text":          {event("", `{"content":"a","x":1}`), event("", `{"content":"other \"text\" \\","x":1}`), true},
		"spaces":              {event("", `{ "content" : "a" , "x" : 1 }`), event("", `{ "content" : "b" , "x" : 1 }`), true},
		"other padding":       {event("", `{"content":"a","p":"abc"}`), event("", `{"content":"b","p":""}`), true},
		"other serial":        {event("", `{"sequence_number":9,"delta":"a"}`), event("", `{"sequence_number":10,"delta":"b"}`), true},
		"spaces at the end":   {event("n", `{"delta":{"text":"a"}  }`), event("n", `{"delta":{"text":"b"}}`), true},
		"no text":             {event("", `{"content":"a"}`), event("", `{"content":""}`), false},
		"other name":          {event("n", `{"content":"a"}`), event("m", `{"content":"a"}`), false},
		"other number":        {event("", `{"content":"a","index":0}`), event("", `{"content":"a","index":1}`), false},
		"other string":        {event("", `{"content":"a","object":"chunk"}`), event("", `{"content":"a","object":"error"}`), false},
		"one more member":     {event("", `{"content":"a"}`), event("", `{"content":"a","error":"b"}`), false},
		"the quote is broken": {event("", `{"content":"a"}`), event("", `{"content":"a\"}`), false},
		"a fraction":          {event("", `{"sequence_number":9,"delta":"a"}`), event("", `{"sequence_number":9.5,"delta":"a"}`), false},
		"no number":           {event("", `{"sequence_number":9,"delta":"a"}`), event("", `{"sequence_number":null,"delta":"a"}`), false},
		"shorter":             {event("", `{"content":"a","x":1}`), event("", `{"conte`), false},
		"a text as a value":   {event("", `{"type":"content","x":"a"}`), event("", `{"type":"content","x":"a"}`), false},
		"nothing is said":     {event("", `{"x":"a"}`), event("", `{"x":"a"}`), false},
		"large":               {event("", string(bytes.Repeat([]byte(" "), maxMould))+`{"content":"a"}`), event("", `{"content":"a"}`), false},
	} {
		t.Run(name, func(t *testing.T) {
			var m mould
			m.take(c.first)
			if _, fits := m.fits(c.next); fits != c.fits {
				t.Errorf("%s after %s: fits is %v", c.next.Data, c.first.Data, fits)
			}
		})
	}
}

func event(name, data string) stream.Event {
	return stream.Event{Name: []byte(name), Data: []byte(data)}
}

// TestNoAllocation: an event that is an ordinary part of the answer costs the
// garbage collector nothing, whether it fits or not.
func TestNoAllocation(t *testing.T) {
	for name, s := range speakers {
		judge := dialectOf(s.api).Judge(s.api)
		events := []stream.Event{event(s.name, s.make("a", 100)), event(s.name, s.make("bc", 101))}
		judge.Event(events[0])
		n := 0
		for what, f := range map[string]func(){
			"fits":   func() {},
			"is new": func() { accountOf(judge).ready = false },
		} {
			if allocs := testing.AllocsPerRun(100, func() {
				f()
				judge.Event(events[n%2])
				n++
			}); allocs != 0 {
				t.Errorf("%s: %v allocations for an event that %s", name, allocs, what)
			}
		}
	}
}
