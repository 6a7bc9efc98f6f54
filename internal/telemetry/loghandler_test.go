package telemetry

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/stream"
)

// bothForms are the handler and slog's own, in text and in JSON.
func bothForms(w, own io.Writer) map[string][2]slog.Handler {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	return map[string][2]slog.Handler{
		"text": {NewLogHandler(w, false, slog.LevelInfo), slog.NewTextHandler(own, o)},
		"json": {NewLogHandler(w, true, slog.LevelInfo), slog.NewJSONHandler(own, o)},
	}
}

// sameLine fails where the two make different lines of a record.
func sameLine(t *testing.T, r slog.Record) {
	t.Helper()
	var got, want bytes.Buffer
	for form, h := range bothForms(&got, &want) {
		got.Reset()
		want.Reset()
		if err := errors.Join(h[0].Handle(context.Background(), r), h[1].Handle(context.Background(), r)); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("as %s:\n%swant\n%s", form, &got, &want)
		}
	}
}

var logTime = time.Date(2026, 11, 23, 9, 5, 7, 120_045_000, time.FixedZone("", 3600))

func TestLogHandler(t *testing.T) {
	times := []time.Time{logTime, logTime.UTC(), logTime.Truncate(time.Second), time.Now(), {}}
	for i, a := range []slog.Attr{
		slog.String("id", "ABC"), slog.String("cause", ""), slog.String("failed", "a:late b:refused"),
		slog.String("asked", `<a&b>'{}[]#`), slog.String("asked", `a"b`), slog.String("asked", `a\b`), slog.String("asked", `a\b c`), slog.String("a_name", "a="), slog.String("Name", "a"), slog.String("asked", "a=b"),
		slog.String("asked", "é"), slog.String("asked", "\u2028"), slog.String("asked", "a\nb\x00\x7f"), slog.String("asked", "\xff"),
		slog.Int("n", 0), slog.Int64("n", math.MinInt64), slog.Uint64("n", math.MaxUint64), slog.Bool("b", true),
		slog.Float64("ms", 0), slog.Float64("ms", 0.001), slog.Float64("ms", 1.234), slog.Float64("ms", 1234567.891), slog.Float64("ms", 1e20),
		slog.Float64("ms", 1e21), slog.Float64("ms", 1e-7), slog.Float64("ms", -5), slog.Float64("ms", math.Inf(1)), slog.Float64("ms", math.NaN()),
		slog.Duration("d", time.Second), slog.Time("t", logTime), slog.Any("err", io.EOF), slog.Any("none", nil),
		slog.Group("g", slog.Int("n", 1)), slog.Group("empty"), {}, slog.String("two words", "x"), slog.String("", "x"),
		slog.Any("secret", slog.AnyValue(valuer{})),
	} {
		for _, msg := range []string{"call", "two words", ""} {
			r := slog.NewRecord(times[i%len(times)], []slog.Level{slog.LevelInfo, slog.LevelWarn, 9}[i%3], msg, 0)
			r.AddAttrs(slog.String("first", "1"), a, slog.String("last", "9"))
			sameLine(t, r)
		}
	}
	sameLine(t, slog.NewRecord(logTime, slog.LevelInfo, "bare", 0))
}

type valuer struct{}

func (valuer) LogValue() slog.Value { return slog.StringValue("hidden") }

func FuzzLogHandler(f *testing.F) {
	f.Add("stream", "asked", "small", 1.5, int64(200), int64(1e18))
	f.Add("two words", "a key", "a=b", math.Inf(-1), int64(-1), int64(-1e18))
	f.Fuzz(func(t *testing.T, msg, key, word string, ms float64, n, at int64) {
		r := slog.NewRecord(time.Unix(0, at), slog.LevelWarn, msg, 0)
		r.AddAttrs(slog.String(key, word), slog.Float64(key, ms), slog.Int64(key, n), slog.Uint64(key, uint64(n)))
		sameLine(t, r)
	})
}

// What a logger adds to its lines, and levels, are slog's matter.
func TestLogHandlerWith(t *testing.T) {
	var got, want bytes.Buffer
	for form, h := range bothForms(&got, &want) {
		got.Reset()
		want.Reset()
		for _, h := range h {
			log := slog.New(h)
			log.Debug("left out")
			for _, log := range []*slog.Logger{log.With("a", 1), log.WithGroup("g"), log.With("a", 1).WithGroup("g").With("b", 2)} {
				r := slog.NewRecord(logTime, slog.LevelInfo, "call", 0)
				r.Add("n", 1)
				if err := log.Handler().Handle(context.Background(), r); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got.String() != want.String() || got.Len() == 0 {
			t.Errorf("as %s:\n%swant\n%s", form, &got, &want)
		}
	}
}

// A call's line is made without a slog.Record, and is the same as with one. A
// warning has the log written at once all the same.
func TestLogEndQuickly(t *testing.T) {
	for name, call := range map[string]*stream.Report{
		"stream":    report(nil),
		"call":      report(func(r *stream.Report) { r.Streamed = false }),
		"odd words": report(func(r *stream.Report) { r.Principal, r.Asked, r.Code = "an app", "é\n", `a"b` }),
		"warning":   report(func(r *stream.Report) { r.End.Reason = stream.UpstreamError }),
	} {
		for _, json := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) { // the time stands still
				var want bytes.Buffer
				own := NewLogHandler(&want, json, slog.LevelInfo).(logHandler).Handler
				(&Telemetry{log: slog.New(own)}).logEnd(call)

				s := &sink{}
				b := NewLogBuffer(s, func(w io.Writer) slog.Handler { return NewLogHandler(w, json, slog.LevelInfo) })
				defer b.Close()
				(&Telemetry{log: slog.New(b.Handler())}).logEnd(call)
				synctest.Wait()
				if name != "warning" {
					s.wrote(t)
					time.Sleep(logDelay)
					synctest.Wait()
				}
				s.wrote(t, want.String())
			})
		}
	}
}

// The two ways to make a call's line, side by side.
func BenchmarkLogEnd(b *testing.B) {
	call := &stream.Report{
		ID: "5MGDDJ2TLTT5ZT3LVUXT3DRCVU", API: stream.ChatCompletions, Principal: "my-app", Provider: "openai", Model: "*",
		Asked: "gpt-5-mini", Status: 200, End: stream.End{Reason: stream.Complete}, Tries: 1,
		Usage: stream.Usage{Input: 120, Output: 340}, BytesOut: 1234, Duration: 2345678 * time.Microsecond,
	}
	for form, h := range bothForms(io.Discard, io.Discard) {
		for i, name := range []string{"own", "slog"} {
			t := &Telemetry{log: slog.New(NewLogBuffer(io.Discard, func(io.Writer) slog.Handler { return h[i] }).Handler())}
			b.Run(form+" "+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					t.logEnd(call)
				}
			})
		}
	}
}
