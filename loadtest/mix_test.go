package loadtest

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidegate/loadtest/report"
)

func TestParseMix(t *testing.T) {
	known := []string{"a", "b", "c"}
	for text, want := range map[string][]report.Weight{
		"a":           {{Name: "a", Weight: 1}},
		"b=3, a=0.5":  {{Name: "b", Weight: 3}, {Name: "a", Weight: 0.5}},
		"all":         {{Name: "a", Weight: 1}, {Name: "b", Weight: 1}, {Name: "c", Weight: 1}},
		"all=2,b=5":   {{Name: "a", Weight: 2}, {Name: "b", Weight: 7}, {Name: "c", Weight: 2}},
		"a=1,b=0,a=1": {{Name: "a", Weight: 2}, {Name: "b", Weight: 0}},
	} {
		got, err := ParseMix(text, known)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", text, err, diff)
		}
	}
	for _, text := range []string{"", "d", "a=", "a=x", "a=-1", "a=NaN", "a=Inf", "a=0", "a,,b"} {
		if got, err := ParseMix(text, known); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestPick(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	counts := map[string]int{}
	for range 10_000 {
		counts[pick(r, []report.Weight{{Name: "a", Weight: 1}, {Name: "b"}, {Name: "c", Weight: 3}})]++
	}
	if counts["b"] != 0 || counts["a"] < 2300 || counts["a"] > 2700 {
		t.Error(counts)
	}
}
