package provider

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestScheduleDoesNotDrift(t *testing.T) {
	start := time.Unix(1000, 0)
	s := schedule{start: start, pace: 3}
	if got := s.due(3_000_000); !got.Equal(start.Add(1_000_000 * time.Second)) {
		t.Errorf("event 3,000,000 at 3/s is due after %v", got.Sub(start))
	}
	s.shift(2 * time.Second)
	if got := s.due(3); !got.Equal(start.Add(3 * time.Second)) {
		t.Errorf("after a shift of 2 s event 3 is due after %v", got.Sub(start))
	}
}

// clockedWriter notes when each flush happens; one of them may take long.
type clockedWriter struct {
	*httptest.ResponseRecorder
	start   time.Time
	flushes []time.Duration
	slow    int // index of the flush that takes a second
}

func (w *clockedWriter) Flush() {
	if len(w.flushes) == w.slow {
		time.Sleep(time.Second)
	}
	w.flushes = append(w.flushes, time.Since(w.start))
}

// play runs a script in virtual time and returns when flushes happened: the
// first is that of the headers, then one an event.
func play(t *testing.T, script string, slow int) []time.Duration {
	t.Helper()
	p, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &clockedWriter{ResponseRecorder: httptest.NewRecorder(), start: time.Now(), slow: slow}
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/v1/chat/completions",
		strings.NewReader(`{"model":"m","stream":true}`))
	r.Header.Set("X-Script", script)
	p.ServeHTTP(w, r)
	return w.flushes
}

func check(t *testing.T, got []time.Duration, wantMillis ...int) {
	t.Helper()
	if len(got) != len(wantMillis) {
		t.Fatalf("flushes at %v, want %v ms", got, wantMillis)
	}
	for i, want := range wantMillis {
		if got[i] != time.Duration(want)*time.Millisecond {
			t.Errorf("flush %d at %v, want %d ms", i, got[i], want)
		}
	}
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		check(t, play(t, "tokens=4&pace=100", -1), 0, 0, 10, 20, 30, 40, 50, 60)
	})
}

// A slow caller gets the backlog at once, then the old schedule.
func TestPaceAfterSlowCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		check(t, play(t, "tokens=4&pace=2", 2), 0, 0, 1500, 1500, 1500, 2000, 2500, 3000)
	})
}

func TestSilences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		check(t, play(t, "tokens=2&pace=100&header_delay=1s&first_delay=2s&stall=3s&stall_at=2", -1),
			1000, 3000, 3010, 6020, 6030, 6040)
	})
	synctest.Test(t, func(t *testing.T) {
		check(t, play(t, "tokens=2&stall=3s&stall_at=5", -1), 0, 0)
	})
}

// Heartbeats come at their own pace and change nothing of the answer's.
func TestHeartbeatsKeepTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		check(t, play(t, "tokens=2&pace=100&ping=10ms&first_delay=35ms&stall=20ms&stall_at=2", -1),
			0, 10, 20, 30, 35, 45, 55, 75, 85, 95)
	})
}

// An answer that is not streamed takes the time of its tokens.
func TestWholeTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		r := httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(`{"model":"m?tokens=50&pace=10"}`))
		p.ServeHTTP(httptest.NewRecorder(), r)
		if got := time.Since(start); got != 5*time.Second {
			t.Errorf("took %v", got)
		}
	})
}
