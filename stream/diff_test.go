package stream

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// Eight bytes at a time must give what one at a time does.
func TestCommon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SliceOfN(rapid.SampledFrom([]byte("ab")), 0, 3)
		shared := bytes.Repeat([]byte("xyz"), rapid.IntRange(0, 12).Draw(t, "shared"))
		one, other := letters.Draw(t, "one"), letters.Draw(t, "other")

		a, b := append(bytes.Clone(shared), one...), append(bytes.Clone(shared), other...)
		want := 0
		for want < min(len(a), len(b)) && a[want] == b[want] {
			want++
		}
		if got := commonPrefix(a, b); got != want {
			t.Fatalf("commonPrefix(%q, %q) = %d, want %d", a, b, got, want)
		}

		a, b = append(one, shared...), append(other, shared...)
		want = 0
		for want < min(len(a), len(b)) && a[len(a)-1-want] == b[len(b)-1-want] {
			want++
		}
		if got := commonSuffix(a, b); got != want {
			t.Fatalf("commonSuffix(%q, %q) = %d, want %d", a, b, got, want)
		}
	})
}
