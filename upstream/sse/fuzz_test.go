package sse

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzScanner holds the scanner against the specification's words (model) and
// against go-sse, with the input whole and cut at random. Short runs find more
// with -fuzzminimizetime 1x.
func FuzzScanner(f *testing.F) {
	for _, c := range rules {
		f.Add([]byte(c.in), uint64(len(c.in)))
	}
	f.Fuzz(func(t *testing.T, input []byte, seed uint64) {
		in := string(input)
		if len(in) > 1<<16 {
			return // the model is quadratic
		}
		for line := range strings.FieldsFuncSeq(in, func(r rune) bool { return r == '\n' || r == '\r' }) {
			if strings.HasPrefix(strings.TrimPrefix(line, bom), "event") && len(line) > maxName {
				return // refused by the scanner, see TestNameLimit
			}
		}
		want := model(in)
		if diff := cmp.Diff(want, scan(t, strings.NewReader(in), Options{})); diff != "" {
			t.Errorf("whole (-model +scanner):\n%s", diff)
		}
		rnd := rand.New(rand.NewPCG(seed, 0))
		p := randomly(in, 1+rnd.IntN(64), rnd)
		if diff := cmp.Diff(want, scan(t, &p, Options{Buffer: 1 + rnd.IntN(64)})); diff != "" {
			t.Errorf("cut at random (-model +scanner):\n%s", diff)
		}
		if got, ok := comparableWithOracle(in, want); ok {
			if diff := cmp.Diff(withData(oracle(t, in)), got); diff != "" {
				t.Errorf("(-go-sse +scanner):\n%s", diff)
			}
		}
		withinLimit(t, in, 1+rnd.IntN(64))
	})
}

// withinLimit runs a scanner with a small MaxEvent, which must end, never pass
// the limit, and give the model's events until it does.
func withinLimit(t *testing.T, in string, limit int) {
	want := model(in)
	s := New(strings.NewReader(in), Options{Buffer: 1, MaxEvent: limit})
	var ev Event
	n := 0
	for {
		for s.Next(&ev) {
			if got := (event{string(ev.Name), string(ev.Data)}); n >= len(want.Events) || got != want.Events[n] {
				t.Fatalf("limit %d: event %d is %q", limit, n, got)
			}
			n++
		}
		err := s.Fill()
		if cap(s.buf) > limit {
			t.Fatalf("limit %d: the buffer has %d", limit, cap(s.buf))
		}
		if errors.Is(err, ErrTooLarge) {
			return
		}
		if err != nil {
			break
		}
	}
	if rest, done := s.Finish(&ev); done != want.Done || rest != want.Rest {
		t.Errorf("limit %d: Finish = %d, %v, want %d, %v", limit, rest, done, want.Rest, want.Done)
	}
}
