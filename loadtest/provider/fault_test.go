package provider_test

import (
	"bytes"
	"errors"
	"net/http"
	"syscall"
	"testing"

	"tidegate/loadtest/provider"
)

// Every fault, after two whole events: what arrives, and how it ends.
func TestFaults(t *testing.T) {
	s := start(t, provider.Options{})
	_, whole, err := read(t, client(t, 1), s.URL()+chatPath, "tokens=5", streaming)
	if err != nil {
		t.Fatal(err)
	}
	size := len(bytes.Join(bytes.SplitAfter(whole, []byte("\n\n"))[:2], nil))
	n := int64(1)
	for _, tc := range []struct {
		fault provider.Fault
		clean bool
		tail  string // of the body
		extra bool   // bytes beyond the two events
	}{
		{provider.Fin, false, "\n\n", false},
		{provider.Reset, false, "\n\n", false},
		{provider.End, true, "\n\n", false},
		{provider.ErrorEvent, true, "scripted_fault\"}}\n\n", true},
		{provider.ErrorThenDone, true, "scripted_fault\"}}\n\ndata: [DONE]\n\n", true},
		{provider.Cut, false, "", true},
		{provider.CutEnd, true, "", true},
	} {
		t.Run(string(tc.fault), func(t *testing.T) {
			both(t, func(t *testing.T, c *http.Client) {
				_, body, err := read(t, c, s.URL()+chatPath, "tokens=5&pace=1000&at=2&fault="+string(tc.fault), streaming)
				if (err == nil) != tc.clean {
					t.Errorf("ended with %v, clean should be %v", err, tc.clean)
				}
				if tc.fault == provider.Reset && !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("no reset but %v", err)
				}
				if tc.fault == provider.Fin && errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("a reset, not an end: %v", err)
				}
				n++
				if call := ended(t, s, n); call.Ending != provider.Faulted || call.Events != 2 || call.Bytes < int64(len(body)) {
					t.Errorf("%d bytes came, call is %+v", len(body), call)
				} else if tc.fault == provider.Reset {
					return // a caller may drop what it has not read yet; Go's HTTP/2 client does
				} else if call.Bytes != int64(len(body)) {
					t.Errorf("%d bytes came of %d", len(body), call.Bytes)
				}
				if !bytes.HasSuffix(body, []byte(tc.tail)) {
					t.Errorf("body ends %q", body[max(0, len(body)-60):])
				}
				if extra := len(body) - size; extra < 0 || (extra > 0) != tc.extra {
					t.Errorf("%d bytes after the two events", extra)
				}
				if tc.tail == "" && bytes.HasSuffix(body, []byte("\n\n")) {
					t.Errorf("the last event is whole: %q", body)
				}
			})
		})
	}
}

// A fault at the edges: before the first event, and after the last.
func TestFaultAtEdges(t *testing.T) {
	s := start(t, provider.Options{})
	both(t, func(t *testing.T, c *http.Client) {
		resp, body, err := read(t, c, s.URL()+chatPath, "tokens=5&fault=fin&at=0", streaming)
		if resp.StatusCode != http.StatusOK || len(body) != 0 || err == nil {
			t.Errorf("at 0: %d %q %v", resp.StatusCode, body, err)
		}
		_, body, err = read(t, c, s.URL()+chatPath, "tokens=5&fault=fin&at=8", streaming)
		if !bytes.HasSuffix(body, []byte("[DONE]\n\n")) || err == nil {
			t.Errorf("after the last: %q %v", body, err)
		}
	})
}
