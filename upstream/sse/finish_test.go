package sse

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFinish(t *testing.T) {
	end := func(name string) outcome { return outcome{Events: []event{{name, "[DONE]"}}, Done: true} }
	for _, c := range []struct {
		name, in string
		want     outcome
	}{
		{"bare", "data: [DONE]", end("")},
		{"with line end", "data: [DONE]\n", end("")},
		{"with CR", "data: [DONE]\r", end("")},
		{"with CRLF", "data: [DONE]\r\n", end("")},
		{"no space", "data:[DONE]", end("")},
		{"after a BOM", bom + "data: [DONE]", end("")},
		{"named", "event: done\ndata: [DONE]", end("done")},
		{"after a comment", ": ping\ndata: [DONE]", outcome{Events: []event{{"", "[DONE]"}}, Done: true, Comments: 1}},
		{"whole", "data: [DONE]\n\n", outcome{Events: []event{{"", "[DONE]"}}}},
		{"cut short", "data: [DONE", outcome{Rest: 11}},
		{"spaces around", "data:  [DONE] \t", outcome{Events: []event{{"", " [DONE] \t"}}, Done: true}},
		{"two lines", "data: {}\ndata: [DONE]", outcome{Rest: 21}},
		{"two lines, ended", "data: [DONE]\ndata: [DONE]\n", outcome{Rest: 26}},
		{"empty data line after", "data: [DONE]\ndata\n", outcome{Rest: 18}},
		{"something begun after", "data: [DONE]\nda", outcome{Rest: 15}},
		{"comment begun after", "data: [DONE]\n: p", outcome{Rest: 16}},
		{"other field", "event: [DONE]", outcome{Rest: 13}},
		{"other data", "data: {}\n", outcome{Rest: 9}},
		{"name alone", "event: x\n", outcome{Rest: 9}},
		{"comment cut", ": ping\n: pi", outcome{Rest: 4, Comments: 1}},
		{"half a BOM", bom[:2], outcome{Rest: 2}},
		{"only a BOM", bom, outcome{}},
		{"only the marker", "[DONE]", outcome{Rest: 6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			const before = "data: before it, and longer than what follows\n\n"
			if diff := cmp.Diff(c.want, model(c.in)); diff != "" {
				t.Errorf("the model differs from the table (-want +got):\n%s", diff)
			}
			one := every(c.in, 1)
			if diff := cmp.Diff(c.want, scan(t, &one, Options{Buffer: 1})); diff != "" {
				t.Errorf("byte by byte (-want +got):\n%s", diff)
			}
			if strings.HasPrefix(c.in, bom[:2]) {
				return // a byte order mark stands at the start only
			}
			want := c.want
			want.Events = append([]event{{"", before[6 : len(before)-2]}}, want.Events...)
			if diff := cmp.Diff(want, scan(t, strings.NewReader(before+c.in), Options{})); diff != "" {
				t.Errorf("after an event (-want +got):\n%s", diff)
			}
		})
	}
}

// The caller may ask twice.
func TestFinishChangesNothing(t *testing.T) {
	s := New(strings.NewReader("event: e\ndata: [DONE]\n"), Options{})
	var ev Event
	for {
		for s.Next(&ev) {
			t.Fatalf("dispatched %q", ev.Data)
		}
		if s.Fill() != nil {
			break
		}
	}
	for range 2 {
		rest, ok := s.Finish(&ev)
		if rest != 0 || !ok || string(ev.Name) != "e" || string(ev.Data) != "[DONE]" {
			t.Errorf("Finish = %d, %v, %q, %q", rest, ok, ev.Name, ev.Data)
		}
	}
}
