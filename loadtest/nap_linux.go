package loadtest

import (
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// gather is how long the poller lets tokens gather: to wake up for each one costs
// more than to read it. Latencies don't suffer: the kernel notes when they came.
// It has one note for what is read at once, though, so that a stream's next
// token should not have come by then.
func gather(pace float64) time.Duration {
	const usual, longest = 5 * time.Millisecond, 10 * time.Millisecond
	if pace == 0 {
		return usual
	}
	return min(time.Duration(0.75/pace*float64(time.Second)), longest)
}

// nap sleeps. Where Go has a processor to spare it is not told: it would look
// every 20 microseconds whether there is something to do, from when the sleep
// is over until long after what has come is read, and take a tenth of all time
// for it. Its signals end the sleep early, so that nobody waits for it.
func nap(d time.Duration) {
	if runtime.GOMAXPROCS(0) == 1 {
		time.Sleep(d)
		return
	}
	t := unix.NsecToTimespec(int64(d))
	_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&t)), 0, 0)
	runtime.Gosched()
}
