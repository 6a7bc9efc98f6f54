//go:build linux

package main

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// Stamps are found whatever pieces they come in; other lines hold none.
func TestStampReaderInAnyPieces(t *testing.T) {
	now := time.Unix(0, 5_000_000)
	all := "data: [DONE]\n\n: comment\n\n"
	for _, sent := range []int64{1_000_000, 4_000_000, 4_999_999} {
		all += fmt.Sprintf("data: %s%d%s\n\n", beforeStamp, sent, afterStamp)
	}
	want := []time.Duration{4 * time.Millisecond, time.Millisecond, 1}
	for size := 1; size <= len(all); size++ {
		var r stampReader
		for from := 0; from < len(all); from += size {
			r.read([]byte(all[from:min(from+size, len(all))]), now)
		}
		if !slices.Equal(r.ages, want) {
			t.Fatalf("pieces of %d: %v", size, r.ages)
		}
	}
}

func TestMicroseconds(t *testing.T) {
	var ages []time.Duration
	for i := range 1000 {
		ages = append(ages, time.Duration(i+1)*time.Microsecond)
	}
	for q, want := range map[float64]float64{0.5: 501, 0.99: 991, 0.999: 1000, 1: 1000} {
		if got := microseconds(ages, q); got != want {
			t.Errorf("quantile %g: %g, want %g", q, got, want)
		}
	}
}
