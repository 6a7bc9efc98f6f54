package report

import (
	"math"
	"testing"
)

func TestCompare(t *testing.T) {
	a := Run{Elapsed: 10, Total: Figures{Tokens: 1000, Added: Histogram{Count: 5, P50: 0.002, P99: 0.01}}, Server: &Server{CPU: 2}}
	b := Run{Elapsed: 10, Total: Figures{Tokens: 2000, Added: Histogram{Count: 5, P50: 0.004, P99: 0.01}}, Server: &Server{CPU: 2}}
	for i := range 3 {
		a.Turns = append(a.Turns, Turn{Elapsed: 1, Figures: Figures{Tokens: []int64{200, 100, 300}[i], Added: Histogram{Count: 1, P50: 0.001}}})
		b.Turns = append(b.Turns, Turn{Elapsed: 1, Figures: Figures{Tokens: 200, Added: Histogram{Count: 1, P50: 0.002}}})
	}
	r := Report{Runs: []Run{a, b}}
	r.Finish()
	got := map[string]Ratio{}
	for _, one := range r.Ratios {
		got[one.Name] = one
	}
	for name, want := range map[string]Ratio{
		"added latency, p50":       {First: 0.002, Second: 0.004, Ratio: 0.5, Low: 0.5, High: 0.5},
		"added latency, p99":       {First: 0.01, Second: 0.01, Ratio: 1},
		"throughput":               {First: 100, Second: 200, Ratio: 0.5, Low: 0.5, High: 1.5},
		"processor time per token": {First: 0.002, Second: 0.001, Ratio: 2},
		"violations":               {},
	} {
		one, ok := got[name]
		if !ok {
			t.Errorf("%s is missing", name)
			continue
		}
		for what, pair := range map[string][2]float64{
			"first": {one.First, want.First}, "second": {one.Second, want.Second}, "ratio": {one.Ratio, want.Ratio},
			"lowest": {one.Low, want.Low}, "highest": {one.High, want.High},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-12 {
				t.Errorf("%s: %s is %v, want %v", name, what, pair[0], pair[1])
			}
		}
	}
	// What one of the two does not know is not compared.
	for _, name := range []string{"time to first token, p50", "memory per stream", "taken ahead, at most"} {
		if one, ok := got[name]; ok {
			t.Errorf("%s is compared, though nobody measured it: %+v", name, one)
		}
	}
}

func TestRatioVerdict(t *testing.T) {
	for _, c := range []struct {
		r    Ratio
		want int
	}{
		{Ratio{Ratio: 0.5, Better: "lower"}, 1},
		{Ratio{Ratio: 2, Better: "lower"}, -1},
		{Ratio{Ratio: 2, Better: "higher"}, 1},
		{Ratio{Ratio: 0.5, Better: "higher"}, -1},
		{Ratio{Ratio: 1.02, Better: "lower"}, 0},
		{Ratio{First: 3, Second: 0, Better: "lower"}, -1}, // violations, none at the other
		{Ratio{Better: "lower"}, 0},
	} {
		if got := c.r.verdict(); got != c.want {
			t.Errorf("%+v: %d, want %d", c.r, got, c.want)
		}
	}
}
