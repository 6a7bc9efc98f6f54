package telemetry

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"tidegate/stream"
)

// maxAsked bounds what the log quotes of the model that a client asked for, in
// bytes.
const maxAsked = 128

// logEnd logs a call's one line: figures, the gateway's own words, and the name
// of the model that was asked for. The end's message is not among them: it may
// quote what a provider said.
func (t *Telemetry) logEnd(r *stream.Report) {
	level := slog.LevelWarn
	if r.End.Reason == stream.Complete || r.End.Reason == stream.Cancelled {
		level = slog.LevelInfo
	}
	if t.log == nil || !t.log.Enabled(context.Background(), level) {
		return
	}
	msg := "call"
	if r.Streamed {
		msg = "stream"
	}
	attrs := append(make([]slog.Attr, 0, 24),
		slog.String("id", r.ID),
		slog.String("api", string(r.API)),
		slog.String("principal", r.Principal),
		slog.String("provider", r.Provider),
		slog.String("model", r.Model),
		slog.String("asked", clip(r.Asked)),
		slog.Int("status", r.Status),
		slog.String("reason", string(r.End.Reason)),
		slog.String("cause", string(r.End.Cause)),
		slog.String("code", r.Code),
		slog.Int("tries", r.Tries),
		slog.String("failed", failed(r.Failed)),
		slog.Int64("input_tokens", r.Usage.Input),
		slog.Int64("output_tokens", r.Usage.Output),
		slog.Int64("cached_tokens", r.Usage.Cached),
		slog.Int64("reasoning_tokens", r.Usage.Reasoning),
		slog.Bool("estimated", r.Usage.Estimated),
	)
	if r.Streamed {
		attrs = append(attrs,
			slog.Uint64("received", r.Received),
			slog.Uint64("delivered", r.Delivered),
			slog.Int("buffer_high", r.High),
			slog.Float64("paused_ms", milliseconds(r.Paused)),
			slog.Float64("first_event_ms", milliseconds(r.First)),
		)
	}
	attrs = append(attrs, slog.Int64("bytes_out", r.BytesOut), slog.Float64("duration_ms", milliseconds(r.Duration)))
	now := time.Now()
	if u, ok := t.log.Handler().(urgent); ok && u.quickly(now, level, msg, attrs) {
		return
	}
	line := slog.NewRecord(now, level, msg, 0) // a Logger would look for its caller first
	line.AddAttrs(attrs...)
	_ = t.log.Handler().Handle(context.Background(), line)
}

// clip bounds a name. A letter that it cuts through is left out.
func clip(name string) string {
	if len(name) <= maxAsked {
		return name
	}
	return strings.ToValidUTF8(name[:maxAsked], "") + "..."
}

// failed are the targets that did not answer, as "provider:outcome" or
// "provider:outcome:cause" each.
func failed(tries []stream.Try) string {
	words := make([]string, len(tries))
	for i, try := range tries {
		words[i] = try.Provider + ":" + try.Outcome
		if try.Cause != "" {
			words[i] += ":" + string(try.Cause)
		}
	}
	return strings.Join(words, " ")
}

// milliseconds are d's, to the microsecond.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
