package house

import (
	"slices"
	"testing"
)

const (
	maxLines    = 600
	maxMedian   = 200
	sizeMessage = "one noun or one verb per file: what is longer holds two"
)

func TestSizes(t *testing.T) {
	var lines []int
	for _, s := range sources(t) {
		lines = append(lines, s.lines)
		if s.lines > maxLines {
			t.Errorf("%s has %d lines, more than %d: %s", s.path, s.lines, maxLines, sizeMessage)
		}
	}
	slices.Sort(lines)
	if median := lines[len(lines)/2]; median >= maxMedian {
		t.Errorf("the median file has %d lines, not under %d: %s", median, maxMedian, sizeMessage)
	}
}
