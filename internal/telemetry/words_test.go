package telemetry

import (
	"crypto/rand"
	"strings"
	"testing"

	"tidegate/stream"
)

func TestWords(t *testing.T) {
	var w words
	for word, want := range map[string]string{
		"":                      none,
		"upstream_error.reset":  "upstream_error.reset",
		"generateContent":       "generateContent",
		"two words":             other,
		"quote\"":               other,
		"\xff":                  other,
		strings.Repeat("a", 49): other,
	} {
		if got := w.admit(word); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

// Words that came from outside by mistake can't fill the memory, nor displace
// those that were there before.
func TestWordsBoundSeries(t *testing.T) {
	tel := New(options())
	before, room := len(gather(t, tel, "tidegate_calls_total")), maxWords-len(tel.codes.seen)
	for range 1000 {
		word := rand.Text()
		tel.Ended(report(func(r *stream.Report) { r.Code = word }))
	}
	tel.Ended(report(func(r *stream.Report) { r.End.Reason, r.End.Cause = stream.UpstreamStalled, stream.CauseSilence }))
	if n := len(gather(t, tel, "tidegate_calls_total")); n != before+room+1 { // other
		t.Errorf("%d series, want %d", n, before+room+1)
	}
	wants(t, tel, []wanted{
		{"tidegate_calls_total", "chat.completions other local 200", float64(1000 - room)},
		{"tidegate_streams_ended_total", "silence small local upstream_stalled", 1},
	})
}
