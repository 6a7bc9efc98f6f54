package telemetry

import (
	"context"
	"log/slog"
	"time"

	"tidegate/stream"
)

// logEnd logs a call's one line: figures and the gateway's own words. The
// end's message is not among them: it may quote what a provider said.
func (t *Telemetry) logEnd(r *stream.Report) {
	if t.log == nil {
		return
	}
	level := slog.LevelWarn
	if r.End.Reason == stream.Complete || r.End.Reason == stream.Cancelled {
		level = slog.LevelInfo
	}
	msg := "call"
	if r.Streamed {
		msg = "stream"
	}
	attrs := append(make([]slog.Attr, 0, 22),
		slog.String("id", r.ID),
		slog.String("api", string(r.API)),
		slog.String("principal", r.Principal),
		slog.String("provider", r.Provider),
		slog.String("model", r.Model),
		slog.Int("status", r.Status),
		slog.String("reason", string(r.End.Reason)),
		slog.String("cause", string(r.End.Cause)),
		slog.String("code", r.Code),
		slog.Int("tries", r.Tries),
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
	t.log.LogAttrs(context.Background(), level, msg, attrs...)
}

// milliseconds are d's, to the microsecond.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
