package provider

import (
	"bytes"
	"testing"
)

func TestSplit(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789"), 100)
	cut := func(s Script) (pieces [][]byte) {
		c := newSplitter(&s)
		for rest := body; len(rest) > 0; {
			var piece []byte
			piece, rest = c.cut(rest)
			pieces = append(pieces, piece)
		}
		if got := bytes.Join(pieces, nil); !bytes.Equal(got, body) {
			t.Errorf("%+v: joined to %q", s, got)
		}
		return pieces
	}
	if n := len(cut(Script{})); n != 1 {
		t.Errorf("whole: %d pieces", n)
	}
	if n := len(cut(Script{Split: 7})); n != 143 {
		t.Errorf("by 7: %d pieces", n)
	}
	one, same, other := cut(Script{Split: SplitRandom, Seed: 1}), cut(Script{Split: SplitRandom, Seed: 1}), cut(Script{Split: SplitRandom, Seed: 2})
	equal := func(a, b [][]byte) bool { return bytes.Equal(bytes.Join(a, []byte("|")), bytes.Join(b, []byte("|"))) }
	if !equal(one, same) || equal(one, other) || len(one) < len(body)/longestOdd {
		t.Errorf("random: %d, %d, %d pieces", len(one), len(same), len(other))
	}
}
