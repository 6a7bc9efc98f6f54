//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// describe says what the figures depend on most.
func describe() string {
	parts := []string{fmt.Sprintf("%d x %s", runtime.NumCPU(), processor()), "Linux " + kernel(), runtime.Version()}
	if path := findNginx(); path != "" {
		if out, err := exec.Command(path, "-v").CombinedOutput(); err == nil {
			_, version, _ := strings.Cut(strings.TrimSpace(string(out)), "nginx/")
			parts = append(parts, fmt.Sprintf("nginx %s with %d workers", version, runtime.NumCPU()))
		}
	}
	return strings.Join(parts, ", ")
}

func processor() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range bytes.SplitSeq(b, []byte("\n")) {
			if name, value, ok := bytes.Cut(line, []byte(":")); ok && strings.TrimSpace(string(name)) == "model name" {
				return strings.TrimSpace(string(value))
			}
		}
	}
	return runtime.GOARCH + " processor"
}

// kernel is the version's numbers, without what its builder added.
func kernel() string {
	b, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "of unknown version"
	}
	version, _, _ := strings.Cut(strings.TrimSpace(string(b)), "-")
	return version
}
