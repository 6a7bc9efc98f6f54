package loadtest

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func blocks(s *scanner) (all []string) {
	for b, ok := s.next(); ok; b, ok = s.next() {
		all = append(all, string(b.name)+"|"+string(b.data))
	}
	return all
}

// What comes out does not depend on how the bytes came.
func TestScannerSplits(t *testing.T) {
	text := "data: one\n\n: comment\n\nevent: e\ndata:two\n\n\n\nid: 7\r\ndata: a\r\ndata: b\r\n\r\ndata\n\ndata: " +
		strings.Repeat("x", 5000) + "\n\ndata: cut off\n"
	want := []string{"|one", "e|two", "|a\nb", "|" + strings.Repeat("x", 5000)}
	rapid.Check(t, func(t *rapid.T) {
		var s scanner
		var got []string
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			if err := s.feed([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			got = append(got, blocks(&s)...)
			rest = rest[n:]
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%.200q", got)
		}
	})
}

func TestScannerNumbers(t *testing.T) {
	var s scanner
	if err := s.feed([]byte("id: 42\ndata: x\n\nid: y\ndata: z\n\n")); err != nil {
		t.Fatal(err)
	}
	first, _ := s.next()
	second, _ := s.next()
	if first.id != 42 || second.id != 0 {
		t.Error(first.id, second.id)
	}
}

func TestScannerCost(t *testing.T) {
	var s scanner
	event := []byte(`data: {"id":"x","choices":[{"index":0,"delta":{"content":" the"}}]}` + "\n\n")
	n := testing.AllocsPerRun(1000, func() {
		_ = s.feed(event)
		if b, ok := s.next(); !ok || len(b.data) == 0 {
			t.Fatal("no event")
		}
	})
	if n > 0 {
		t.Errorf("an event allocates %v times", n)
	}
}
