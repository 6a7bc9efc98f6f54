package main

import (
	"strings"
	"testing"

	"tidegate/internal/config"
)

func TestTooFewFiles(t *testing.T) {
	c := config.Default()
	c.Limits.Connections, c.Stream.Max = 1000, 500
	const need = 1000 + 500 + adminConns + ownFiles
	for most, warns := range map[uint64]bool{0: false, need: false, need - 1: true, 1<<64 - 1: false} {
		got := tooFewFiles(c, most)
		if (len(got) == 1) != warns {
			t.Errorf("%d: %q", most, got)
		}
		if warns && !strings.Contains(got[0], "limits.connections (1000) and stream.max (500) need 1628 file descriptors, and this process may have 1627") {
			t.Errorf("%d: %q", most, got)
		}
	}
}
