package telemetry

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"

	"tidegate/stream"
)

const (
	maxRows = 1000 // that /debug/streams shows
	shortID = 8    // characters of an id shown: enough to find it in a log, too few to resume it
)

// overview is the answer of /debug/streams.
type overview struct {
	Total   int   `json:"total"` // streams under way; Streams are the first maxRows
	Streams []row `json:"streams"`
}

// row is a stream under way.
type row struct {
	ID         string  `json:"id"`
	Provider   string  `json:"provider"`
	Model      string  `json:"model"`
	LagEvents  uint64  `json:"lag_events"`
	Received   uint64  `json:"received"`
	Sent       uint64  `json:"sent"`
	Acked      uint64  `json:"acknowledged"`
	Bytes      int     `json:"bytes"`
	BufferHigh int     `json:"buffer_high"`
	Paused     bool    `json:"paused"`
	PausedMS   float64 `json:"paused_ms"`
	Attached   bool    `json:"attached"`
	Ended      bool    `json:"ended"`
}

// streams shows the streams under way, those furthest behind first.
func (t *Telemetry) streams(w http.ResponseWriter, _ *http.Request) {
	rows := []row{}
	t.calls.Each(func(s *stream.Stream) { rows = append(rows, rowOf(s)) })
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.LagEvents, a.LagEvents), cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.ID, b.ID))
	})
	out := overview{Total: len(rows), Streams: rows[:min(len(rows), maxRows)]}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out) // fails only when the client has gone
}

func rowOf(s *stream.Stream) row {
	st, id := s.Stats(), s.ID()
	return row{
		ID: id[:min(len(id), shortID)], Provider: s.Provider(), Model: s.Model(),
		LagEvents: st.Lag(), Received: st.Appended, Sent: st.Sent, Acked: st.Acked,
		Bytes: st.Bytes, BufferHigh: st.High,
		Paused: st.Full, PausedMS: milliseconds(st.Paused),
		Attached: st.Attached, Ended: st.Ended,
	}
}
