package loadtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"tidegate/loadtest/report"
)

// ParseMix reads weights as they are written in a flag: "mobile=3,steady=5",
// or "steady" alone for a weight of 1. "all" is every one of known, each with
// that weight; what comes again adds up.
func ParseMix(text string, known []string) ([]report.Weight, error) {
	var mix []report.Weight
	total := 0.0
	for part := range strings.SplitSeq(text, ",") {
		name, value, given := strings.Cut(strings.TrimSpace(part), "=")
		weight := 1.0
		if given {
			var err error
			if weight, err = strconv.ParseFloat(value, 64); err != nil || !(weight >= 0 && weight <= 1e6) {
				return nil, fmt.Errorf("%q is no weight", part)
			}
		}
		names := []string{name}
		if name == "all" {
			names = known
		} else if !slices.Contains(known, name) {
			return nil, fmt.Errorf("there is no %q; there are %s", name, strings.Join(known, ", "))
		}
		for _, name := range names {
			total += weight
			mix = add(mix, name, weight)
		}
	}
	if total == 0 {
		return nil, fmt.Errorf("%q has no weight at all", text)
	}
	return mix, nil
}

func add(mix []report.Weight, name string, weight float64) []report.Weight {
	for i := range mix {
		if mix[i].Name == name {
			mix[i].Weight += weight
			return mix
		}
	}
	return append(mix, report.Weight{Name: name, Weight: weight})
}

// pick chooses one by weight.
func pick(r *rand.Rand, mix []report.Weight) string {
	total := 0.0
	for _, w := range mix {
		total += w.Weight
	}
	at := r.Float64() * total
	for _, w := range mix {
		if at -= w.Weight; at < 0 {
			return w.Name
		}
	}
	return mix[len(mix)-1].Name
}

// ProfileNames and FaultNames are what the mixes may name.
func ProfileNames() (names []string) {
	for _, p := range Profiles {
		names = append(names, p.Name)
	}
	return names
}

// FaultNames lists the names of [Faults].
func FaultNames() (names []string) {
	for _, f := range Faults {
		names = append(names, f.Name)
	}
	return names
}
