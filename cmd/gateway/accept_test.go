package main

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// scarce is a listener on a machine without file descriptors until some time.
type scarce struct {
	until time.Time
	calls int
	conn  net.Conn
	err   error // then, where there is no conn
}

func (s *scarce) Accept() (net.Conn, error) {
	s.calls++
	if time.Now().Before(s.until) {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return s.conn, s.err
}

func (s *scarce) Close() error   { return nil }
func (s *scarce) Addr() net.Addr { return &net.TCPAddr{} }

// A listener that the system gives no connection waits longer and longer, says
// so now and then, counts, and goes on when there is one.
func TestAcceptErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer a.Close()
		defer b.Close()
		book, count := newLogBook(), new(atomic.Int64)
		from := &scarce{until: time.Now().Add(25 * time.Second), conn: a}
		l := newEnduring(from, clients, count, slog.New(slog.NewJSONHandler(book, nil)))
		if conn, err := l.Accept(); err != nil || conn != a {
			t.Fatalf("%v, %v", conn, err)
		}
		if n := count.Load(); n != int64(from.calls-1) || n < 25 || n > 40 {
			t.Errorf("counted %d of %d attempts", n, from.calls-1)
		}
		lines := strings.Split(strings.TrimSpace(book.all()), "\n")
		if len(lines) != 3 {
			t.Fatalf("%d lines in 25 s, want 3: %s", len(lines), book.all())
		}
		for _, want := range []string{`"level":"WARN"`, `"listener":"clients"`, "too many open files"} {
			if !strings.Contains(lines[0], want) {
				t.Errorf("no %s in %s", want, lines[0])
			}
		}
	})
}

// A connection that gets through now and then makes the log no longer.
func TestAcceptErrorsNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer a.Close()
		defer b.Close()
		book, count := newLogBook(), new(atomic.Int64)
		from := &scarce{conn: a}
		l := newEnduring(from, clients, count, slog.New(slog.NewJSONHandler(book, nil)))
		for range 100 {
			from.until = time.Now().Add(time.Millisecond)
			if _, err := l.Accept(); err != nil {
				t.Fatal(err)
			}
		}
		if n := strings.Count(book.all(), "\n"); n != 1 || count.Load() != 100 {
			t.Errorf("%d lines of %d errors within a second, want 1 of 100", n, count.Load())
		}
	})
}

// A gateway that stops does not wait for better times, nor for a listener that
// is gone for good.
func TestAcceptEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := slog.New(slog.DiscardHandler)
		l := newEnduring(&scarce{until: time.Now().Add(time.Hour)}, admins, new(atomic.Int64), log)
		got := make(chan error)
		go func() {
			_, err := l.Accept()
			got <- err
		}()
		time.Sleep(time.Minute)
		began := time.Now()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := <-got; !errors.Is(err, net.ErrClosed) || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		for _, gone := range []error{net.ErrClosed, os.NewSyscallError("accept4", syscall.EINVAL)} {
			count := new(atomic.Int64)
			if _, err := newEnduring(&scarce{err: gone}, admins, count, log).Accept(); err != gone || count.Load() != 0 {
				t.Errorf("%v, counted %d times", err, count.Load())
			}
		}
	})
}
