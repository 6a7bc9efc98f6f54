package dialect

import (
	"strings"
	"testing"
)

// TestTranscripts holds the judges against an independent reading of every
// recorded stream, and that against what the recordings' index says.
func TestTranscripts(t *testing.T) {
	all, _ := recorded(t)
	for _, r := range all {
		got := play(t, r)
		want, usage := oracle(r)
		if got.end != want {
			t.Errorf("%s: judged %s, is %s", r.file, got.end, want)
		}
		if !got.usage.Estimated && got.usage != usage {
			t.Errorf("%s: usage %+v, is %+v", r.file, got.usage, usage)
		}
		if got.usage.Estimated && got.end == complete && usage.Output > 0 {
			t.Errorf("%s: usage %+v is estimated, but said: %+v", r.file, got.usage, usage)
		}
		if has, ok := indexed(r); ok && has != want {
			t.Errorf("%s: the index says %s (%q, %q), it is %s", r.file, has, r.feature, r.notes, want)
		}
	}
}

// indexed is how a recording ends by what its index says of it, if it says.
func indexed(r recording) (end, bool) {
	tag := func(name string) bool { return strings.Contains(","+r.notes+",", ","+name) }
	switch {
	case strings.HasPrefix(r.feature, "cut-"):
		return truncated, true
	case strings.HasPrefix(r.feature, "error"):
		return failed, true
	case r.notes == "" || tag("unterminated-tail"):
		return "", false // cut in the fixture, perhaps behind the end
	case tag("no-done,") && tag("fin:"):
		return finished, true
	case tag("no-done,"):
		return truncated, true
	case tag("fin:") && r.api != "v1chat":
		return complete, true
	}
	return "", false
}
