//go:build linux || darwin

package main

import "syscall"

// mostFiles is how many file descriptors the process may have. Go raises the
// soft limit to the hard one by itself, so that one is what counts.
func mostFiles() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return limit.Max
}
