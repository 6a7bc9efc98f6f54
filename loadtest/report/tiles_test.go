package report

import (
	"strings"
	"testing"
)

func tileNamed(t *testing.T, r *Report, name string) tile {
	t.Helper()
	for _, one := range r.Runs[0].tiles() {
		if one.Name == name {
			return one
		}
	}
	t.Fatalf("there is no tile %q", name)
	return tile{}
}

// TestTilesOfLatency: clients that pause make no target slow.
func TestTilesOfLatency(t *testing.T) {
	r := made()
	rows := r.Runs[0].Rows
	for i := range rows {
		if rows[i].Profile == "steady" {
			rows[i].Added = Histogram{Count: 5, P50: 0.001, P99: 0.002}
		}
	}
	rows[1].Added.P50, rows[1].Added.P99 = 0.003, 0.004
	one := tileNamed(t, r, "Added latency")
	if one.Value != "3 ms" || !strings.HasPrefix(one.Detail, "p99 4 ms for steady clients") {
		t.Errorf("the tile reads %q, %q", one.Value, one.Detail)
	}
	r.Runs[0].Rows = rows[:4] // steady ones alone
	if one = tileNamed(t, r, "Added latency"); one.Value != span(r.Runs[0].Total.Added.P50) {
		t.Errorf("without others the tile reads %q, %q", one.Value, one.Detail)
	}
}

func TestTilesOfMemory(t *testing.T) {
	r := made()
	if one := tileNamed(t, r, "Memory"); one.Value != sizeText(r.Runs[0].Server.MemoryPerStream) {
		t.Errorf("the tile reads %q", one.Value)
	}
	r.Runs[0].Server.MemoryPerStream = 0
	if one := tileNamed(t, r, "Memory"); one.Value != "68 MiB" {
		t.Errorf("without a figure for a stream the tile reads %q", one.Value)
	}
	r.Runs[0].Server = nil
	for _, one := range r.Runs[0].tiles() {
		if one.Name == "Memory" || one.Name == "Processor time" {
			t.Errorf("of a target that nobody knows it says %+v", one)
		}
	}
}

func TestTilesOfWhatWasNotMeasured(t *testing.T) {
	r := made()
	tileNamed(t, r, "Provider cancelled")
	r.Runs[0].Total.Cancel, r.Runs[0].Total.AheadMax = Histogram{}, nil
	for _, one := range r.Runs[0].tiles() {
		if one.Name == "Provider cancelled" || one.Name == "Taken ahead" || one.Value == none {
			t.Errorf("nothing was measured for %+v", one)
		}
	}
}
