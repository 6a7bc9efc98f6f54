package sse

import (
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// pieces hands out its strings one a read, as far as the caller's buffer allows.
type pieces []string

func (p *pieces) Read(b []byte) (int, error) {
	for len(*p) > 0 && (*p)[0] == "" {
		*p = (*p)[1:]
	}
	if len(*p) == 0 {
		return 0, io.EOF
	}
	n := copy(b, (*p)[0])
	(*p)[0] = (*p)[0][n:]
	return n, nil
}

// every cuts in into pieces of n bytes.
func every(in string, n int) pieces {
	var p pieces
	for len(in) > n {
		p, in = append(p, in[:n]), in[n:]
	}
	return append(p, in)
}

// randomly cuts in into pieces of 1 to limit bytes.
func randomly(in string, limit int, rnd *rand.Rand) pieces {
	var p pieces
	for len(in) > 0 {
		n := min(1+rnd.IntN(limit), len(in))
		p, in = append(p, in[:n]), in[n:]
	}
	return p
}

// scan runs a scanner to its end.
func scan(t testing.TB, r io.Reader, o Options) outcome {
	t.Helper()
	var out outcome
	var ev Event
	s := New(r, o)
	for {
		for s.Next(&ev) {
			out.Events = append(out.Events, event{string(ev.Name), string(ev.Data)})
		}
		if err := s.Fill(); err != nil {
			if !errors.Is(err, io.EOF) {
				t.Fatalf("Fill: %v", err)
			}
			break
		}
	}
	out.Comments = s.Comments()
	if out.Rest, out.Done = s.Finish(&ev); out.Done {
		out.Events = append(out.Events, event{string(ev.Name), string(ev.Data)})
	}
	return out
}

var rules = []struct {
	name, in string
	want     outcome
}{
	{"nothing", "", outcome{}},
	{"one", "data: a\n\n", outcome{Events: []event{{"", "a"}}}},
	{"no space", "data:a\n\n", outcome{Events: []event{{"", "a"}}}},
	{"two spaces", "data:  a\n\n", outcome{Events: []event{{"", " a"}}}},
	{"tab is data", "data:\ta\n\n", outcome{Events: []event{{"", "\ta"}}}},
	{"colons in the value", "data: a: b\n\n", outcome{Events: []event{{"", "a: b"}}}},
	{"LF", "data: a\n\ndata: b\n\n", outcome{Events: []event{{"", "a"}, {"", "b"}}}},
	{"CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", outcome{Events: []event{{"", "a"}, {"", "b"}}}},
	{"CR", "data: a\r\rdata: b\r\r", outcome{Events: []event{{"", "a"}, {"", "b"}}}},
	{"mixed", "data: a\r\n\ndata: b\n\rdata: c\r\r\ndata: d\n\r\n", outcome{Events: []event{{"", "a"}, {"", "b"}, {"", "c"}, {"", "d"}}}},
	{"LF CR is two line ends", "data: a\n\rdata: b\n\n", outcome{Events: []event{{"", "a"}, {"", "b"}}}},
	{"blank lines alone", "\n\r\n\r\r\n", outcome{}},
	{"several data lines", "data: a\ndata:b\ndata: c d\n\n", outcome{Events: []event{{"", "a\nb\nc d"}}}},
	{"data lines with fields between", "data: a\nid: 1\n: c\ndata: a rather longer one\n\n", outcome{Events: []event{{"", "a\na rather longer one"}}, Comments: 1}},
	{"data alone", "data\n\n", outcome{Events: []event{{"", ""}}}},
	{"data colon alone", "data:\n\n", outcome{Events: []event{{"", ""}}}},
	{"data space alone", "data: \n\n", outcome{Events: []event{{"", ""}}}},
	{"two data alone", "data\ndata\n\n", outcome{Events: []event{{"", "\n"}}}},
	{"empty then full", "data\ndata: a\n\n", outcome{Events: []event{{"", "\na"}}}},
	{"full then empty", "data: a\ndata\n\n", outcome{Events: []event{{"", "a\n"}}}},
	{"name", "event: x\ndata: a\n\n", outcome{Events: []event{{"x", "a"}}}},
	{"name after data", "data: a\nevent: x\ndata: b and more than the name takes\n\n", outcome{Events: []event{{"x", "a\nb and more than the name takes"}}}},
	{"last name counts", "event: xyz\nevent:y\ndata: a\n\n", outcome{Events: []event{{"y", "a"}}}},
	{"name taken back", "event: x\nevent\ndata: a\n\n", outcome{Events: []event{{"", "a"}}}},
	{"name without data", "event: x\n\ndata: a\n\n", outcome{Events: []event{{"", "a"}}}},
	{"name does not last", "event: x\ndata: a\n\ndata: b\n\n", outcome{Events: []event{{"x", "a"}, {"", "b"}}}},
	{"comments", ": one\n:\n\n:two\ndata: a\n: three\n\n", outcome{Events: []event{{"", "a"}}, Comments: 4}},
	{"id and retry", "id: 1\nretry: 10\ndata: a\n\nid: 2\n\n", outcome{Events: []event{{"", "a"}}}},
	{"unknown fields", "foo: 1\ndatum: x\ndata x\n data: x\nDATA: x\nevents: x\ndata: a\n\n", outcome{Events: []event{{"", "a"}}}},
	{"NUL and broken UTF-8", "event: \x00\xff\ndata: a\x00b\xff\xc0\n\n", outcome{Events: []event{{"\x00\xff", "a\x00b\xff\xc0"}}}},
	{"BOM", bom + "data: a\n\n", outcome{Events: []event{{"", "a"}}}},
	{"one BOM only", bom + bom + "data: a\n\ndata: b\n\n", outcome{Events: []event{{"", "b"}}}},
	{"BOM later", "\n" + bom + "data: a\n\n", outcome{}},
	{"BOM in data", "data: " + bom + "\n\n", outcome{Events: []event{{"", bom}}}},
	{"half a BOM", bom[:2] + "data: a\n\n", outcome{}},
	{"error field", "data: a\n\nerror: {\"code\":500}\n\ndata: [DONE]\n\n", outcome{Events: []event{{"", "a"}, {"error", `{"code":500}`}, {"", "[DONE]"}}}},
	{"error field without a space", "error:x\r\n\r\n", outcome{Events: []event{{"error", "x"}}}},
	{"error field that says nothing", "error\nerror:\nerror: \nerrors: x\n\n", outcome{}},
	{"error field beside data", "data: a\nerror: b\n\n", outcome{Events: []event{{"error", "a\nb"}}}},
	{"error without a field", "{\"error\":\"x\"}\n\ndata: [DONE]\n\n", outcome{Events: []event{{"error", `{"error":"x"}`}, {"", "[DONE]"}}}},
	{"error without a field, and data", "data: a\n{\"error\":\"x\"}\ndata: b\n\n", outcome{Events: []event{{"error", "a\n{\"error\":\"x\"}\nb"}}}},
	{"JSON without a field", "{\"content\":\"x\"}\n\n", outcome{}},
	{"error without data", "event: error\n\ndata: a\n\n", outcome{Events: []event{{"error", ""}, {"", "a"}}}},
	{"errors without data", "event: errors\n\nevent: error\nevent\n\n", outcome{}},
	{"error field cut", "error: x\n", outcome{Rest: 9}},
	{"JSON error body", `{"error":{"message":"no"}}`, outcome{Rest: 26}},
	{"spec: first example", "data: YHOO\ndata: +2\ndata: 10\n\n", outcome{Events: []event{{"", "YHOO\n+2\n10"}}}},
	{
		"spec: second example", ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
		outcome{Events: []event{{"", "first event"}, {"", "second event"}}, Comments: 1, Rest: 19},
	},
	{"spec: third example", "data\n\ndata\ndata\n\ndata:\n", outcome{Events: []event{{"", ""}, {"", "\n"}}, Rest: 6}},
}

func TestRules(t *testing.T) {
	for _, c := range rules {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, model(c.in)); diff != "" {
				t.Errorf("the model differs from the table (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, scan(t, strings.NewReader(c.in), Options{})); diff != "" {
				t.Errorf("whole (-want +got):\n%s", diff)
			}
			one := every(c.in, 1)
			if diff := cmp.Diff(c.want, scan(t, &one, Options{Buffer: 1})); diff != "" {
				t.Errorf("byte by byte (-want +got):\n%s", diff)
			}
			for i := range len(c.in) {
				two := pieces{c.in[:i], c.in[i:]}
				if diff := cmp.Diff(c.want, scan(t, &two, Options{})); diff != "" {
					t.Errorf("cut at %d (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

// Any sequence of lines, cut in any way, with any initial buffer, gives what the
// specification gives for the whole.
func TestAnySplit(t *testing.T) {
	word := rapid.SampledFrom([]string{
		"data", "data:", "data: ", "event", "event: ", ":", " ", "id: ", "x", "[DONE]", "\x00", "\xff", bom,
		"\n", "\n", "\n\n", "\r", "\r\n", "\r\n\r\n", strings.Repeat("long ", 30),
	})
	rapid.Check(t, func(rt *rapid.T) {
		in := strings.Join(rapid.SliceOfN(word, 0, 60).Draw(rt, "words"), "")
		seed := rapid.Uint64().Draw(rt, "seed")
		limit := rapid.IntRange(1, 200).Draw(rt, "limit")
		buffer := rapid.IntRange(1, 300).Draw(rt, "buffer")
		p := randomly(in, limit, rand.New(rand.NewPCG(seed, 0)))
		if diff := cmp.Diff(model(in), scan(t, &p, Options{Buffer: buffer})); diff != "" {
			rt.Fatalf("input %q (-want +got):\n%s", in, diff)
		}
	})
}

// An event is given as soon as its last byte is there: the scanner must not wait
// for an LF after a CR, nor for anything else.
func TestNoDelay(t *testing.T) {
	for _, in := range []string{"data: a\n\n", "data: a\r\r", "data: a\r\n\r", "data: a\n\r", bom + "data: a\n\n"} {
		p := pieces{in, "\ndata: b\n\n"}
		s := New(&p, Options{})
		if err := s.Fill(); err != nil {
			t.Fatal(err)
		}
		var ev Event
		if !s.Next(&ev) || string(ev.Data) != "a" {
			t.Errorf("%q: no event after its last byte", in)
		}
		if s.Next(&ev) {
			t.Errorf("%q: a second event: %q", in, ev.Data)
		}
		if err := s.Fill(); err != nil {
			t.Fatal(err)
		}
		if !s.Next(&ev) || string(ev.Data) != "b" {
			t.Errorf("%q: the next event is %q", in, ev.Data)
		}
	}
}

func TestDataCannotBeAppendedOver(t *testing.T) {
	s := New(strings.NewReader("data: a\n\ndata: b\n\n"), Options{})
	if err := s.Fill(); err != nil {
		t.Fatal(err)
	}
	var ev Event
	s.Next(&ev)
	_ = append(ev.Data, "xxxxxxxxxxxx"...)
	if !s.Next(&ev) || string(ev.Data) != "b" {
		t.Errorf("the caller's append reached the next event: %q", ev.Data)
	}
}

func TestNameLimit(t *testing.T) {
	name := strings.Repeat("n", maxName)
	in := "event: " + name + "\ndata: a\n\n"
	if got := scan(t, strings.NewReader(in), Options{}); len(got.Events) != 1 || got.Events[0].Name != name {
		t.Errorf("a name of %d bytes: %d events", maxName, len(got.Events))
	}
	s := New(strings.NewReader("data: first\n\nevent: n"+name+"\ndata: a\n\n"), Options{})
	if err := s.Fill(); err != nil {
		t.Fatal(err)
	}
	var ev Event
	if !s.Next(&ev) || string(ev.Data) != "first" {
		t.Errorf("the event before the long name is missing")
	}
	for range 2 {
		if s.Next(&ev) {
			t.Error("an event with too long a name was given")
		}
		if err := s.Fill(); !errors.Is(err, ErrTooLarge) || strings.Contains(err.Error(), "nnn") {
			t.Errorf("Fill = %v", err)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	body := strings.Repeat("event: delta\ndata: {\"text\":\""+strings.Repeat("x", 250)+"\"}\n\n: ping\n\ndata: a\r\ndata: b\r\n\r\n", 50)
	r := strings.NewReader(body)
	s := New(r, Options{})
	var ev Event
	events := 0
	allocs := testing.AllocsPerRun(20, func() {
		r.Reset(body)
		s.err = nil // the reader starts again
		for {
			for s.Next(&ev) {
				events++
			}
			if s.Fill() != nil {
				return
			}
		}
	})
	if allocs != 0 || events != 21*100 {
		t.Errorf("%v allocations for 100 events, %d events", allocs, events)
	}
}
