//go:build linux

package main

import (
	"os"
	"slices"
	"testing"
)

func TestUsageOfThisProcess(t *testing.T) {
	me := os.Getpid()
	if all := family(os.Getppid()); !slices.Contains(all, me) {
		t.Errorf("%d is not in its parent's family %v", me, all)
	}
	if n, err := resident([]int{me}); err != nil || n < 1<<20 {
		t.Errorf("resident: %d, %v", n, err)
	}
	// What a process has used only grows; the clock's resolution is coarse.
	before, err := cpu([]int{me})
	if err != nil {
		t.Fatal(err)
	}
	for sum := 0; ; sum++ {
		if now, err := cpu([]int{me}); err != nil || now > before {
			if err != nil {
				t.Error(err)
			}
			break
		}
	}
	if total, idle, err := machine(); err != nil || total <= 0 || idle < 0 || idle > total {
		t.Errorf("machine: total %s, idle %s, %v", total, idle, err)
	}
	if _, err := cpu([]int{1 << 30}); err == nil {
		t.Error("a process that does not exist has used the processor")
	}
}
