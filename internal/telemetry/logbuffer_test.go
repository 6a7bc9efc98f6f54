package telemetry

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// sink takes writes and keeps each. A gate that is there has to be opened, or
// closed, before a write gets through.
type sink struct {
	gate chan struct{}

	mu     sync.Mutex
	writes []string
	fails  error // what writes fail with, after room more bytes
	room   int
}

func (s *sink) Write(p []byte) (int, error) {
	if s.gate != nil {
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails != nil {
		n := min(s.room, len(p))
		s.room -= n
		if n > 0 {
			s.writes = append(s.writes, string(p[:n]))
		}
		return n, s.fails
	}
	s.writes = append(s.writes, string(p))
	return len(p), nil
}

// fail has writes fail from now on, after room bytes; nil: no more.
func (s *sink) fail(err error, room int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails, s.room = err, room
}

func (s *sink) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// buffered is a log with nothing but levels, messages and attributes in it.
func buffered(w io.Writer) (*slog.Logger, *LogBuffer) {
	b := NewLogBuffer(w, func(w io.Writer) slog.Handler {
		return slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}})
	})
	return slog.New(b.Handler()), b
}

// wrote compares the writes so far.
func (s *sink) wrote(t *testing.T, want ...string) {
	t.Helper()
	if got := s.all(); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("written %q, want %q", got, want)
	}
}

func TestLogBufferGathersLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		log, b := buffered(s)
		time.Sleep(time.Hour) // nothing comes of an empty log
		synctest.Wait()
		s.wrote(t)

		log.Info("one")
		time.Sleep(logDelay - 1)
		log.Info("two")
		synctest.Wait()
		s.wrote(t)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		s.wrote(t, "level=INFO msg=one\nlevel=INFO msg=two\n")

		log.Info("three") // waits from its own time on
		time.Sleep(logDelay - 1)
		synctest.Wait()
		s.wrote(t, s.all()[0])
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		s.wrote(t, s.all()[0], "level=INFO msg=three\n")
		b.Close()
	})
}

func TestLogBufferDoesNotHoldWarnings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		log, b := buffered(s)
		defer b.Close()
		log.Info("before")
		log.With("a", 1).WithGroup("g").Warn("late", "b", 2)
		synctest.Wait() // no time passes
		s.wrote(t, "level=INFO msg=before\nlevel=WARN msg=late a=1 g.b=2\n")
	})
}

func TestLogBufferWritesLargeBatchesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		log, b := buffered(s)
		defer b.Close()
		text := strings.Repeat("x", logBatch/2)
		log.Info(text)
		synctest.Wait()
		s.wrote(t)
		log.Info(text)
		synctest.Wait()
		s.wrote(t, strings.Repeat("level=INFO msg="+text+"\n", 2))
	})
}

func TestLogBufferClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		log, b := buffered(s)
		log.Info("one")
		b.Close()
		s.wrote(t, "level=INFO msg=one\n")
		log.Warn("two") // nobody would come for it
		s.wrote(t, "level=INFO msg=one\n", "level=WARN msg=two\n")
		b.Close()
		time.Sleep(time.Hour)
		synctest.Wait()
		s.wrote(t, "level=INFO msg=one\n", "level=WARN msg=two\n")
	})
}

// A log that is not taken holds up nobody, is bounded, and says what it lost.
func TestLogBufferThatIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{gate: make(chan struct{})}
		log, b := buffered(s)
		log.Warn("stuck")
		synctest.Wait()

		line := "level=WARN msg=\"" + strings.Repeat("y ", 500) + "\"\n"
		fit := logLimit / len(line)
		for range fit + 7 {
			log.Warn(strings.Repeat("y ", 500)) // returns, or the test's bubble is deadlocked
		}
		b.mu.Lock()
		waits, holds := len(b.waiting), cap(b.waiting)
		b.mu.Unlock()
		if waits != fit*len(line) || holds > 2*logLimit {
			t.Errorf("%d bytes wait in %d, want %d", waits, holds, fit*len(line))
		}

		close(s.gate)
		time.Sleep(logDelay)
		synctest.Wait()
		s.wrote(t, "level=WARN msg=stuck\n", strings.Repeat(line, fit),
			lostLines(7))
		if n := b.Lost(); n != 7 {
			t.Errorf("%d lines are counted as lost, want 7", n)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if cap(b.waiting) > 2*logBatch || cap(b.spare) > 2*logBatch {
			t.Errorf("a burst has left %d and %d bytes", cap(b.waiting), cap(b.spare))
		}
	})
}

func lostLines(n int) string {
	return fmt.Sprintf("level=WARN msg=\"lines of this log were lost: what takes it was too slow, or failed\" lines=%d\n", n)
}

// Lines that cannot be written, to a full disk or a reader that has gone, are
// counted, and told of once: when the log is taken again.
func TestLogBufferThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		log, b := buffered(s)
		log.Info("first")
		s.fail(io.ErrShortWrite, len("level=INFO msg=first\n")+3)
		log.Warn("one") // its beginning is written, and the line lost
		synctest.Wait()
		for range 5 {
			log.Warn("two")
			time.Sleep(time.Hour) // the loss is not told of to who does not take it
			synctest.Wait()
		}
		s.wrote(t, "level=INFO msg=first\nlev")
		if n := b.Lost(); n != 6 {
			t.Errorf("%d lines are counted as lost, want 6", n)
		}
		s.fail(nil, 0)
		log.Warn("two")
		time.Sleep(time.Hour)
		synctest.Wait()
		s.wrote(t, "level=INFO msg=first\nlev", "level=WARN msg=two\n", lostLines(6))
		b.Close()
		s.fail(io.ErrShortWrite, 0)
		log.Warn("two")
		if n := b.Lost(); n != 7 {
			t.Errorf("%d lines are counted as lost after the end, want 7", n)
		}
	})
}

// A process ends although nobody reads its log any more.
func TestLogBufferCloseThatIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{gate: make(chan struct{})}
		log, b := buffered(s)
		log.Warn("stuck")
		synctest.Wait()
		log.Warn("waits")
		began := time.Now()
		b.Close() // returns, or the test's bubble is deadlocked
		if took := time.Since(began); took != logGrace {
			t.Errorf("closed after %v, want %v", took, logGrace)
		}
		close(s.gate)
		synctest.Wait()
		s.wrote(t, "level=WARN msg=stuck\n", "level=WARN msg=waits\n")
	})
}

// Nothing is lost, doubled or torn, whoever logs and whenever it is closed.
func TestLogBufferKeepsEveryLine(t *testing.T) {
	const loggers, lines = 8, 200
	var out bytes.Buffer // written to by one at a time, which the race detector checks
	log, b := buffered(&out)
	var wg sync.WaitGroup
	for i := range loggers {
		wg.Go(func() {
			for n := range lines {
				log.Log(t.Context(), slog.Level(4*(n%3)), "line", "logger", i, "n", n)
				if i == 0 && n == lines/2 {
					b.Close()
				}
			}
		})
	}
	wg.Wait()
	next := [loggers]int{}
	for line := range strings.Lines(out.String()) {
		var level string
		var i, n int
		if _, err := fmt.Sscanf(line, "level=%s msg=line logger=%d n=%d\n", &level, &i, &n); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if n != next[i] {
			t.Fatalf("logger %d: line %d comes where %d should", i, n, next[i])
		}
		next[i]++
	}
	for i, n := range next {
		if n != lines {
			t.Errorf("logger %d: %d lines, want %d", i, n, lines)
		}
	}
}
