package loadtest

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// tick is the unit of CPU times in /proc (proc_pid_stat(5)): USER_HZ is 100 on
// every architecture that Go runs on.
const tick = 100

// ofProcess reads what the system says of a process. What it does not say
// stays as it is.
func ofProcess(pid int, f *figures) {
	folder := fmt.Sprintf("/proc/%d/", pid)
	if stat, err := os.ReadFile(folder + "stat"); err == nil {
		// The name before the last bracket may hold anything.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) > 12 {
			user, _ := strconv.ParseFloat(fields[11], 64)
			system, _ := strconv.ParseFloat(fields[12], 64)
			f.cpu = (user + system) / tick
		}
	}
	if status, err := os.ReadFile(folder + "status"); err == nil {
		_, rest, _ := strings.Cut(string(status), "VmRSS:")
		if words := strings.Fields(rest); len(words) > 0 {
			if kb, err := strconv.ParseInt(words[0], 10, 64); err == nil {
				f.memory = kb << 10
			}
		}
	}
	if files, err := os.ReadDir(folder + "fd"); err == nil {
		f.files = int64(len(files))
	}
}

// ownCPU is this process' CPU time in seconds, user and system.
func ownCPU() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// kernel and memory of the machine; zero values where nobody says.
func machine() (kernel, processor string, memory int64) {
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		kernel = strings.TrimSpace(string(text))
	}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		_, rest, _ := strings.Cut(string(text), "model name")
		line, _, _ := strings.Cut(rest, "\n")
		_, name, _ := strings.Cut(line, ":")
		processor = strings.TrimSpace(name)
	}
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) == nil {
		memory = int64(info.Totalram * uint64(info.Unit))
	}
	return kernel, processor, memory
}
