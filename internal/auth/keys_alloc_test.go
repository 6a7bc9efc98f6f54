//go:build !race

// Without the race detector only: under it sync.Pool drops at random, so
// allocations cannot be counted.

package auth

import (
	"net/http"
	"testing"
)

func TestCheckDoesNotAllocate(t *testing.T) {
	keys, k := made(t, 10)
	h := http.Header{"Authorization": {"Bearer " + keys[9]}}
	if n := testing.AllocsPerRun(200, func() {
		if _, err := k.Check(h); err != nil {
			t.Fatal(err)
		}
	}); n >= 1 {
		t.Fatalf("%v allocations per check, want none", n)
	}
}
