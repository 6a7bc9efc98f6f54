//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// tick is the unit of utime and stime in /proc (USER_HZ, proc(5)), the same on
// every Linux that Go runs on.
const tick = 10 * time.Millisecond

// family lists a process and its children, and theirs.
func family(pid int) []int {
	parents := map[int]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			continue
		}
		if fields, err := statFields(child); err == nil {
			parents[child], _ = strconv.Atoi(string(fields[1]))
		}
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		for child, parent := range parents {
			if parent == all[i] {
				all = append(all, child)
			}
		}
	}
	return all
}

// statFields are those of /proc/PID/stat from the third, the state, on.
func statFields(pid int) ([][]byte, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	// The name before it may hold spaces and brackets.
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 13 {
		return nil, fmt.Errorf("bench: /proc/%d/stat has %d fields", pid, len(fields))
	}
	return fields, nil
}

// cpu is the time that the processes have had on a processor, user and system.
func cpu(pids []int) (time.Duration, error) {
	var sum time.Duration
	for _, pid := range pids {
		fields, err := statFields(pid)
		if err != nil {
			return 0, err
		}
		for _, field := range fields[11:13] { // utime, stime
			n, err := strconv.ParseInt(string(field), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("bench: /proc/%d/stat: %w", pid, err)
			}
			sum += time.Duration(n) * tick
		}
	}
	return sum, nil
}

// resident is the memory of the processes in bytes: pages that several share
// count in parts (Pss), so that workers of one program add up to the truth.
// What the kernel holds for their sockets is not in it.
func resident(pids []int) (int64, error) {
	var sum int64
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			return 0, err
		}
		found := false
		for line := range bytes.SplitSeq(b, []byte("\n")) {
			fields := bytes.Fields(line)
			if len(fields) < 2 || string(fields[0]) != "Pss:" {
				continue
			}
			n, err := strconv.ParseInt(string(fields[1]), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("bench: smaps_rollup: %w", err)
			}
			sum, found = sum+n<<10, true
		}
		if !found {
			return 0, fmt.Errorf("bench: /proc/%d/smaps_rollup has no Pss", pid)
		}
	}
	return sum, nil
}

// machine is how much processor time the whole machine has had, and how much
// of it was spent idle.
func machine() (total, idle time.Duration, err error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	for i, field := range bytes.Fields(line)[1:] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("bench: /proc/stat: %w", err)
		}
		if i < 8 { // the two after it are in user and nice already
			total += time.Duration(n) * tick
		}
		if i == 3 || i == 4 { // idle, iowait
			idle += time.Duration(n) * tick
		}
	}
	return total, idle, nil
}
