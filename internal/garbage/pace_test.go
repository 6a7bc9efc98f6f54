package garbage

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
)

func TestPercent(t *testing.T) {
	for used, want := range map[uint64]int{
		0: 400, 1 << 20: 400, least: 400, 8 << 20: 200, 10 << 20: 160, 11 << 20: 150, 1 << 40: 150,
	} {
		if got := percent(used); got != want {
			t.Errorf("with %d bytes in use: %d percent, want %d", used, got, want)
		}
	}
}

// What the operator has set stays. It needs a process of its own: nothing ends
// the pace of this one.
func TestOperator(t *testing.T) {
	const asked = "TIDEGATE_TEST_GOGC"
	if os.Getenv(asked) != "" {
		Pace()
		runtime.GC()
		runtime.GC()
		fmt.Println(asked, read("/gc/gogc:percent"))
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestOperator$")
	cmd.Env = append(os.Environ(), asked+"=1", "GOGC=77")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), asked+" 77\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

// What the heap may grow by follows what is in use, up and down.
func TestPace(t *testing.T) {
	t.Setenv("GOGC", "")
	Pace()
	collected(t, 400)
	if goal := read("/gc/heap/goal:bytes"); goal < room || goal > room+2*least {
		t.Errorf("with next to nothing in use Go collects at %d bytes", goal)
	}

	held := make([]byte, 64<<20)
	collected(t, grows)
	if goal, used := read("/gc/heap/goal:bytes"), inUse(); used < uint64(len(held)) || goal > used*(100+grows)/100 {
		t.Errorf("with %d bytes in use Go collects at %d", used, goal)
	}
	runtime.KeepAlive(held)
	collected(t, 400)

	limit := debug.SetMemoryLimit(1 << 20)
	t.Cleanup(func() { debug.SetMemoryLimit(limit) })
	if goal := read("/gc/heap/goal:bytes"); goal >= room {
		t.Errorf("Go collects at %d bytes, beyond the limit of memory", goal)
	}
}

// collected collects until the percentage is what it has to be: it is set in
// the background.
func collected(t *testing.T, want uint64) {
	t.Helper()
	began := time.Now()
	for got := uint64(0); got != want; got = read("/gc/gogc:percent") {
		if time.Since(began) > 30*time.Second {
			t.Fatalf("%d percent, want %d", got, want)
		}
		runtime.GC()
		runtime.Gosched()
	}
}

func read(name string) uint64 {
	s := []metrics.Sample{{Name: name}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
