package downstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/stream"
)

var complete = stream.End{Reason: stream.Complete}

func TestWholeStream(t *testing.T) {
	o := &opener{script: func(_ context.Context, st *stream.Stream) stream.End {
		for i := range 3 {
			_ = st.Append(stream.Event{Data: fmt.Appendf(nil, `{"n":%d}`, i)}, time.Now())
			st.Flush()
			time.Sleep(time.Second)
		}
		return complete
	}}
	virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
		conn := l.dial()
		for range 2 { // the connection carries one call after the other
			resp, _ := ask(t, conn)
			got, err := all(resp)
			want := "data: {\"n\":0}\n\ndata: {\"n\":1}\n\ndata: {\"n\":2}\n\ndata: [DONE]\n\n"
			if err != nil || got != want {
				t.Fatalf("got %q, %v", got, err)
			}
		}
		_ = conn.Close()
	})
}

// TestHeartbeats: headers are held back until keep-alive has passed; from then
// on a comment tells the client and every proxy between that the line lives.
func TestHeartbeats(t *testing.T) {
	o := &opener{delay: 50 * time.Second, script: func(_ context.Context, st *stream.Stream) stream.End {
		_ = st.Append(stream.Event{Data: []byte("x")}, time.Now())
		st.Flush()
		time.Sleep(40 * time.Second)
		return complete
	}}
	virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
		conn := l.dial()
		began := time.Now()
		resp, _ := ask(t, conn)
		if waited := time.Since(began); waited != keepAlive {
			t.Errorf("the head came after %v, want %v", waited, keepAlive)
		}
		got, err := all(resp)
		beats := ": keep-alive\n\n"
		want := strings.Repeat(beats, 3) + "data: x\n\n" + strings.Repeat(beats, 2) + "data: [DONE]\n\n"
		if err != nil || got != want {
			t.Errorf("got %q, %v", got, err)
		}
		_ = conn.Close()
	})
}

// TestRefusedInTime and TestRefusedLate: before keep-alive a failure is an
// HTTP status; after it, it can only be said in the stream, and the connection
// is cut.
func TestRefusedInTime(t *testing.T) {
	o := &opener{delay: 14 * time.Second, refuse: &stream.Refusal{Status: 504, Code: "c", Message: "m"}}
	virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
		conn := l.dial()
		resp, _ := ask(t, conn)
		got, err := all(resp)
		if err != nil || resp.StatusCode != 504 || !strings.Contains(got, `"code":"c"`) {
			t.Errorf("got %d %q, %v", resp.StatusCode, got, err)
		}
		_ = conn.Close()
	})
}

func TestRefusedLate(t *testing.T) {
	o := &opener{delay: 16 * time.Second, refuse: &stream.Refusal{Status: 504, Code: "c", Message: "no first event"}}
	virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
		conn := l.dial()
		resp, _ := ask(t, conn)
		got, err := all(resp)
		if resp.StatusCode != 200 || !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(got, "no first event") {
			t.Errorf("got %d %q, %v", resp.StatusCode, got, err)
		}
		_ = conn.Close()
	})
}

// TestStalledReader: a client that reads nothing costs the buffer, then
// nothing: keep-alive after the buffer is full the provider is cancelled.
func TestStalledReader(t *testing.T) {
	var cancelled atomic.Int64 // nanoseconds after the buffer was full
	o := &opener{script: func(ctx context.Context, st *stream.Stream) stream.End {
		var full time.Time
		for i := 0; ; i++ {
			full = time.Now()
			if st.Append(event(i, 500), full) != nil {
				break
			}
			st.Flush()
		}
		<-ctx.Done()
		cancelled.Store(int64(time.Since(full)))
		return stream.End{Reason: stream.UpstreamError}
	}}
	virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
		conn := l.dial()
		resp, _ := ask(t, conn)
		time.Sleep(time.Minute)
		if got := time.Duration(cancelled.Load()); got != keepAlive {
			t.Errorf("cancelled %v after the buffer was full, want %v", got, keepAlive)
		}
		if _, err := all(resp); err == nil {
			t.Error("the client takes it for a whole answer")
		}
		waitEmpty(s)
		report := r.only(t)
		if report.End.Reason != stream.SlowConsumer || report.Paused != keepAlive {
			t.Errorf("got %+v", report)
		}
		if report.High > 4096 {
			t.Errorf("the buffer held %d bytes", report.High)
		}
		_ = conn.Close()
	})
}

// TestPausingReader: pauses shorter than keep-alive cost nothing.
func TestPausingReader(t *testing.T) {
	const events = 100
	o := &opener{script: func(_ context.Context, st *stream.Stream) stream.End {
		for i := range events {
			if st.Append(event(i, 500), time.Now()) != nil {
				break
			}
			st.Flush()
		}
		return complete
	}}
	virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
		conn := l.dial()
		resp, _ := ask(t, conn)
		var got []byte
		page := make([]byte, 12<<10)
		for {
			time.Sleep(10 * time.Second)
			n, err := io.ReadFull(resp.Body, page)
			got = append(got, page[:n]...)
			if err != nil {
				break
			}
		}
		if n := strings.Count(string(got), "data: "); n != events+1 || !strings.HasSuffix(string(got), "data: [DONE]\n\n") {
			t.Errorf("%d events, ending %q", n, got[max(0, len(got)-30):])
		}
		synctest.Wait()
		if report := r.only(t); report.End.Reason != stream.Complete || report.Delivered != events {
			t.Errorf("got %+v", report)
		}
		_ = conn.Close()
	})
}

// TestTail: once the provider has ended, a client has two keep-alives to take
// what is left.
func TestTail(t *testing.T) {
	o := &opener{script: func(_ context.Context, st *stream.Stream) stream.End {
		_ = st.Append(event(1, 100), time.Now())
		return complete
	}}
	virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
		conn := l.dial()
		began := time.Now()
		body := `{"model":"m","stream":true}`
		_, _ = fmt.Fprintf(conn, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		time.Sleep(time.Second) // the call is under way
		if n := waitEmpty(s); n != 0 {
			t.Errorf("%d calls left", n)
		}
		if took := time.Since(began); took < 2*keepAlive || took > 2*keepAlive+time.Second {
			t.Errorf("the client was given %v", took)
		}
		synctest.Wait()
		if report := r.only(t); report.Delivered != 0 || report.Received != 1 {
			t.Errorf("got %+v", report)
		}
		_ = conn.Close()
	})
}

// waitEmpty waits, in virtual time, until no call is under way.
func waitEmpty(s *Server) int {
	for range 600 {
		if s.opt.Registry.Len() == 0 {
			break
		}
		time.Sleep(time.Second / 2)
	}
	return s.opt.Registry.Len()
}

// TestDrain: streams that can finish do; the others are told.
func TestDrain(t *testing.T) {
	o := &opener{script: func(ctx context.Context, st *stream.Stream) stream.End {
		_ = st.Append(stream.Event{Data: []byte("x")}, time.Now())
		st.Flush()
		select {
		case <-time.After(time.Minute):
			return complete
		case <-ctx.Done():
			return stream.End{Reason: stream.UpstreamError}
		}
	}}
	for _, c := range []struct {
		deadline time.Duration
		cut      int
	}{{2 * time.Minute, 0}, {10 * time.Second, 1}} {
		virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
			conn := l.dial()
			resp, _ := ask(t, conn)
			read := make(chan string)
			go func() {
				got, err := all(resp)
				read <- fmt.Sprint(got, err)
			}()
			ctx, cancel := context.WithTimeout(context.Background(), c.deadline)
			defer cancel()
			began := time.Now()
			cut := s.opt.Registry.Drain(ctx)
			if cut != c.cut {
				t.Errorf("%d cut, want %d", cut, c.cut)
			}
			if took := time.Since(began); took > c.deadline+shutdownGrace {
				t.Errorf("took %v", took)
			}
			got := <-read
			want := "[DONE]"
			if c.cut > 0 {
				want = `"code":"shutdown"`
			}
			if !strings.Contains(got, want) || c.cut > 0 != strings.Contains(got, io.ErrUnexpectedEOF.Error()) {
				t.Errorf("the client got %q", got)
			}
			late := l.dial()
			refused, _ := ask(t, late)
			if refused.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("a new call got %d", refused.StatusCode)
			}
			_, _ = all(refused)
			_ = late.Close()
			_ = conn.Close()
		})
	}
}
