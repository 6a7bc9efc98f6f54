package telemetry

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tidegate/stream"
)

// logged returns the one line that a report makes, without its time.
func logged(t *testing.T, r *stream.Report) string {
	t.Helper()
	var out bytes.Buffer
	o := options()
	o.Log = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	New(o).Ended(r)
	return out.String()
}

func TestLog(t *testing.T) {
	const secret = "said in confidence"
	for name, test := range map[string]struct {
		report *stream.Report
		want   string
	}{
		"complete": {
			report(func(r *stream.Report) { r.First = 1234567 * time.Nanosecond }),
			`level=INFO msg=stream id=ID api=chat.completions principal=app provider=local model=small asked=small-2 status=200 reason=complete cause="" code="" tries=1 failed="" input_tokens=20 output_tokens=10 cached_tokens=8 reasoning_tokens=3 estimated=false received=10 delivered=10 buffer_high=200 paused_ms=0 first_event_ms=1.234 bytes_out=3000 duration_ms=3000` + "\n",
		},
		"cancelled": {
			report(func(r *stream.Report) { r.End.Reason, r.Delivered, r.EndSent = stream.Cancelled, 9, false }),
			`level=INFO msg=stream id=ID api=chat.completions principal=app provider=local model=small asked=small-2 status=200 reason=cancelled cause="" code="" tries=1 failed="" input_tokens=20 output_tokens=10 cached_tokens=8 reasoning_tokens=3 estimated=false received=10 delivered=9 buffer_high=200 paused_ms=0 first_event_ms=400 bytes_out=3000 duration_ms=3000` + "\n",
		},
		"cut, with a message": {
			report(func(r *stream.Report) {
				r.End = stream.End{Reason: stream.UpstreamTruncated, Cause: stream.CauseCut, Message: secret}
				r.Code, r.Paused = "upstream_truncated.cut", 1500*time.Millisecond
			}),
			`level=WARN msg=stream id=ID api=chat.completions principal=app provider=local model=small asked=small-2 status=200 reason=upstream_truncated cause=cut code=upstream_truncated.cut tries=1 failed="" input_tokens=20 output_tokens=10 cached_tokens=8 reasoning_tokens=3 estimated=false received=10 delivered=10 buffer_high=200 paused_ms=1500 first_event_ms=400 bytes_out=3000 duration_ms=3000` + "\n",
		},
		"failed over": {
			report(func(r *stream.Report) {
				r.Asked, r.Tries = strings.Repeat("é", 100), 2
				r.Failed = []stream.Try{{Provider: "a", Outcome: "unreachable", Cause: "refused"}, {Provider: "b", Outcome: "late"}}
			}),
			`level=INFO msg=stream id=ID api=chat.completions principal=app provider=local model=small asked=` + strings.Repeat("é", 64) + `... status=200 reason=complete cause="" code="" tries=2 failed="a:unreachable:refused b:late" input_tokens=20 output_tokens=10 cached_tokens=8 reasoning_tokens=3 estimated=false received=10 delivered=10 buffer_high=200 paused_ms=0 first_event_ms=400 bytes_out=3000 duration_ms=3000` + "\n",
		},
		"refused": {
			&stream.Report{ID: "ID", API: stream.Embeddings, Status: 401, Code: "invalid_api_key", Duration: 80 * time.Microsecond},
			`level=WARN msg=call id=ID api=embeddings principal="" provider="" model="" asked="" status=401 reason="" cause="" code=invalid_api_key tries=0 failed="" input_tokens=0 output_tokens=0 cached_tokens=0 reasoning_tokens=0 estimated=false bytes_out=0 duration_ms=0.08` + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := logged(t, test.report)
			if got != test.want {
				t.Errorf("logged\n%swant\n%s", got, test.want)
			}
			if strings.Contains(got, secret) {
				t.Error("the end's message is in the log")
			}
		})
	}
}

// A name can't forge a line of its own.
func TestLogIsOneLine(t *testing.T) {
	got := logged(t, report(func(r *stream.Report) {
		r.Principal = "app\nlevel=ERROR msg=forged"
		r.Asked = r.Principal
	}))
	if strings.Count(got, "\n") != 1 {
		t.Errorf("logged %q", got)
	}
}
