package report

import (
	"slices"
	"strings"
	"testing"
)

// TestFlowGaps: what nobody could tell is no 0.
func TestFlowGaps(t *testing.T) {
	n := int64(7)
	var samples []Sample
	for i, known := range []bool{false, true, true, false, true, false} {
		s := Sample{At: Seconds(i)}
		if known {
			s.Memory = &n
		}
		samples = append(samples, s)
	}
	f := flow{layers: []layer{{"memory", "resident", func(s *Sample) *int64 { return s.Memory }}}, base: 2, text: figure}
	c := f.plot(samples, 8, 5)
	var lines [][]place
	for _, s := range c.Shapes {
		if !s.Fill {
			lines = append(lines, drawn(t, s.Path))
		}
	}
	want := [][]place{{{200, 125}, {400, 125}}, {{800, 125}, {800, 125}}}
	if len(lines) != 2 || !slices.Equal(lines[0], want[0]) || !slices.Equal(lines[1], want[1]) {
		t.Errorf("the lines are %v, want %v", lines, want)
	}
	for _, h := range c.Hovers {
		if strings.Contains(h.Text, "resident") != (h.At == 20 || h.At == 40 || h.At == 80) {
			t.Errorf("at %v it reads %q", h.At, h.Text)
		}
	}
}

// TestFlowHoversAreFew, however many samples there are, and cover them all.
func TestFlowHoversAreFew(t *testing.T) {
	var samples []Sample
	for i := range MaxSamples {
		samples = append(samples, Sample{At: Seconds(i)})
	}
	f := flows(0)[0]
	hovers := f.plot(samples, 1, Seconds(MaxSamples-1)).Hovers
	if len(hovers) > 120 {
		t.Errorf("%d strips", len(hovers))
	}
	at := 0.0
	for _, h := range hovers {
		if d := h.At - at; d < -1e-6 || d > 1e-6 {
			t.Fatalf("a strip begins at %v, the one before ends at %v", h.At, at)
		}
		at = h.At + h.Width
	}
	if at < 99.9 {
		t.Errorf("the strips end at %v", at)
	}
}
