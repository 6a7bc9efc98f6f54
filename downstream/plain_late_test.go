package downstream

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/stream"
)

// A provider's error that comes after the head was sent can only be said as an
// event, and then the connection is cut: at once, not when the client gives up.
func TestPassOnLate(t *testing.T) {
	for name, body := range map[string]string{
		"one line": `{"error":{"message":"m"}}`, "lines": "{\n  \"error\": {}\n}", "large": strings.Repeat("x", 60_000),
	} {
		for delay, status := range map[time.Duration]int{keepAlive + time.Second: 200, time.Second: 429} {
			t.Run(fmt.Sprint(name, " after ", delay), func(t *testing.T) {
				o := &opener{delay: delay, whole: func() *stream.Answer {
					return &stream.Answer{Provider: "p", Model: "*", Status: 429, Body: io.NopCloser(strings.NewReader(body)), Length: int64(len(body))}
				}}
				virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
					conn := l.dial()
					began := time.Now()
					resp, _ := ask(t, conn)
					got, err := all(resp)
					if resp.StatusCode != status || time.Since(began) != delay {
						t.Errorf("%d after %v", resp.StatusCode, time.Since(began))
					}
					if late := status == 200; late != (err != nil) {
						t.Errorf("error = %v", err)
					}
					if status == 200 {
						got = strings.TrimPrefix(got, ": keep-alive\n\n")
						body := "data: " + strings.ReplaceAll(body, "\n", "\ndata: ") + "\n\n"
						if got != body {
							t.Errorf("%d bytes: %.80q", len(got), got)
						}
					} else if got != body {
						t.Errorf("%d bytes: %.80q", len(got), got)
					}
					synctest.Wait()
					if n := s.opt.Registry.Len(); n != 0 {
						t.Errorf("%d calls left", n)
					}
					report := r.only(t)
					if report.End.Reason != stream.UpstreamError {
						t.Errorf("%+v", report)
					}
					_ = conn.Close()
				})
			})
		}
	}
}
