//go:build !linux

// Command bench measures what the gateway costs. It reads the processes' figures
// from /proc, which Linux alone has.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench: runs on Linux only")
	os.Exit(1)
}
