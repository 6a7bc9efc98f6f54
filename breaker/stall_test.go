package breaker

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const keepAlive = 15 * time.Second

// watched is a breaker that notes when it opened.
type watched struct {
	*Stall
	start time.Time

	mu     sync.Mutex
	opened []time.Duration
}

func watch() *watched {
	w := &watched{start: time.Now()}
	w.Stall = NewStall(keepAlive, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.opened = append(w.opened, time.Since(w.start))
	})
	return w
}

// times is when it opened; everything due by now has happened.
func (w *watched) times() []time.Duration {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.opened
}

func TestStallOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch()
		time.Sleep(time.Hour) // no clock runs before it is full
		w.start = time.Now()
		w.OnFull()
		time.Sleep(keepAlive - time.Nanosecond)
		if got := w.times(); got != nil {
			t.Fatalf("opened after %v", got)
		}
		time.Sleep(time.Nanosecond)
		if got := w.times(); len(got) != 1 || got[0] != keepAlive {
			t.Fatalf("opened after %v, want %v", got, keepAlive)
		}
	})
}

func TestStallDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch()
		for range 10 { // each round has its whole keep-alive
			w.OnFull()
			time.Sleep(keepAlive - time.Nanosecond)
			w.OnDrained()
		}
		time.Sleep(time.Hour)
		if got := w.times(); got != nil {
			t.Errorf("opened after %v although drained in time", got)
		}
	})
}

// Being told twice must not give a consumer a second keep-alive.
func TestStallFullTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch()
		w.OnDrained()
		w.OnFull()
		time.Sleep(10 * time.Second)
		w.OnFull()
		time.Sleep(time.Hour)
		if got := w.times(); len(got) != 1 || got[0] != keepAlive {
			t.Errorf("opened after %v, want %v", got, keepAlive)
		}
		w.OnDrained()
		w.OnDrained()
	})
}

// Once and for good: the call is cancelled, there is nothing to open again.
func TestStallOpensOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch()
		for range 3 {
			w.OnFull()
			time.Sleep(2 * keepAlive)
			w.OnDrained()
		}
		if got := w.times(); len(got) != 1 || got[0] != keepAlive {
			t.Errorf("opened after %v, want once after %v", got, keepAlive)
		}
	})
}

// A timer that fires while its round is being ended is late: the consumer has
// drained in time, and the round that runs now is another.
func TestStallLateTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch()
		w.OnFull()
		late := w.round
		w.OnDrained()
		w.fire(late)
		if got := w.times(); got != nil {
			t.Fatalf("opened after %v by a round that was over", got)
		}
		time.Sleep(time.Second)
		w.OnFull()
		w.fire(late)
		if got := w.times(); got != nil {
			t.Fatalf("opened after %v by an earlier round", got)
		}
		time.Sleep(keepAlive)
		if got := w.times(); len(got) != 1 || got[0] != keepAlive+time.Second {
			t.Errorf("opened after %v, want %v", got, keepAlive+time.Second)
		}
	})
}

func TestStallLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch()
		want := func(left time.Duration, running bool) {
			t.Helper()
			if gotLeft, gotRunning := w.Left(); gotLeft != left || gotRunning != running {
				t.Errorf("left %v %v, want %v %v", gotLeft, gotRunning, left, running)
			}
		}
		want(0, false)
		w.OnFull()
		want(keepAlive, true)
		time.Sleep(4 * time.Second)
		want(11*time.Second, true)
		w.OnDrained()
		want(0, false)
		time.Sleep(time.Second)
		w.OnFull()
		want(keepAlive, true)
		time.Sleep(time.Hour)
		want(0, true)
	})
}

func TestStallConcurrent(t *testing.T) {
	w := watch()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				w.OnFull()
				w.Left()
				w.OnDrained()
			}
		})
	}
	all.Wait()
	if _, running := w.Left(); running {
		t.Error("the clock runs although the last call stopped it")
	}
}
