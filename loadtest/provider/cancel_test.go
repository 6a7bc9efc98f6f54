package provider_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"tidegate/loadtest/provider"
)

// A caller that leaves is noticed in every silence.
func TestCancelIsNoticed(t *testing.T) {
	for name, tc := range map[string]struct {
		script string
		until  func(provider.Stats) bool
	}{
		"before headers":     {"header_delay=forever", func(s provider.Stats) bool { return s.Stalled == 1 }},
		"before first event": {"first_delay=forever", func(s provider.Stats) bool { return s.Stalled == 1 }},
		"mid-stream":         {"tokens=9&stall=forever&stall_at=2", func(s provider.Stats) bool { return s.Stalled == 1 }},
		"between tokens":     {"tokens=100&pace=0.01", func(s provider.Stats) bool { return s.Streaming == 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, c *http.Client) {
				s := start(t, provider.Options{SendBuffer: 4096})
				ctx, cancel := context.WithCancel(patience(t))
				defer cancel()
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL()+chatPath, strings.NewReader(streaming))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("X-Script", tc.script)
				left := make(chan struct{})
				go func() {
					defer close(left)
					resp, err := c.Do(r)
					if err == nil {
						<-ctx.Done()
						_ = resp.Body.Close()
					}
				}()
				if _, err := s.Wait(patience(t), tc.until); err != nil {
					t.Fatalf("%v: %+v", err, s.Stats())
				}
				cancel()
				<-left
				call := ended(t, s, 1)
				if call.Ending != provider.Cancelled || call.Gone.IsZero() || call.Gone.After(call.Ended) {
					t.Errorf("%+v", call)
				}
				if st := s.Stats(); st.Cancelled != 1 || st.Stalled != 0 || st.Streaming != 0 {
					t.Errorf("%+v", st)
				}
			})
		})
	}
}

// blocked is a script whose one event is larger than all buffers on the way:
// once a caller has its first bytes and reads no more, the write is blocked.
var blocked = provider.Script{Tokens: 1, Huge: 32 << 20}

func TestCancelInBlockedWrite(t *testing.T) {
	both(t, func(t *testing.T, c *http.Client) {
		s := start(t, provider.Options{Script: blocked})
		resp, err := post(t, c, s.URL()+chatPath, "", streaming)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(resp.Body, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		call := ended(t, s, 1)
		if call.Ending != provider.Cancelled || call.Gone.IsZero() || call.Events != 0 || call.Offered < 32<<20 || call.Bytes != 0 {
			t.Errorf("%+v", call)
		}
	})
}

// A caller that closes only its sending half, and reads no more, would block
// the write for ever: no reset comes to end it.
func TestCancelByHalfClose(t *testing.T) {
	s := start(t, provider.Options{Script: blocked})
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", chatPath, len(streaming), streaming); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if call := ended(t, s, 1); call.Ending != provider.Cancelled {
		t.Errorf("%+v", call)
	}
}

// A caller that goes away with its request half sent.
func TestCancelInRequest(t *testing.T) {
	s := start(t, provider.Options{})
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", chatPath); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Wait(patience(t), func(st provider.Stats) bool { return st.Active == 1 }); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if call := ended(t, s, 1); call.Ending != provider.Cancelled {
		t.Errorf("%+v", call)
	}
}

func TestCloseEndsCalls(t *testing.T) {
	both(t, func(t *testing.T, c *http.Client) {
		s := start(t, provider.Options{Script: provider.Script{Stall: provider.Forever, StallAt: 1}})
		resp, err := post(t, c, s.URL()+chatPath, "", streaming)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if _, err := s.Wait(patience(t), func(st provider.Stats) bool { return st.Stalled == 1 }); err != nil {
			t.Fatal(err)
		}
		s.Close()
		s.Close()
		if _, err := io.ReadAll(resp.Body); err == nil {
			t.Error("a clean end")
		}
		if st := s.Stats(); st.Closed != 1 || st.Active != 0 || st.Open != 0 || st.Connections != 1 {
			t.Errorf("%+v", st)
		}
	})
}

func TestWaitEndsWithContext(t *testing.T) {
	s := start(t, provider.Options{})
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(io.ErrNoProgress)
	if _, err := s.Wait(ctx, func(provider.Stats) bool { return false }); err != io.ErrNoProgress {
		t.Errorf("%v", err)
	}
}
