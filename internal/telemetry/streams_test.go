package telemetry

import (
	"encoding/json"
	"strings"
	"testing"

	"tidegate/stream"
)

func listed(t *testing.T, tel *Telemetry) (overview, string) {
	t.Helper()
	var got overview
	w := get(t, tel, "/debug/streams")
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	return got, w.Body.String()
}

func TestStreams(t *testing.T) {
	tel := New(options())
	ahead, _, _ := open(t, tel, here, false)
	behind, reader, _ := open(t, tel, Route{Provider: "local", Model: "*"}, false)
	send(t, ahead, 1)
	send(t, behind, 4)
	var ev stream.Event
	reader.Next(&ev)

	got, text := listed(t, tel)
	if got.Total != 2 || len(got.Streams) != 2 {
		t.Fatalf("%+v", got)
	}
	st := behind.Stats()
	want := row{
		ID: behind.ID()[:8], Provider: "local", Model: "*", LagEvents: 4, Received: 4, Sent: 1,
		Bytes: st.Bytes, BufferHigh: st.High, Attached: true,
	}
	if got.Streams[0] != want {
		t.Errorf("furthest behind: %+v, want %+v", got.Streams[0], want)
	}
	if got.Streams[1].ID != ahead.ID()[:8] {
		t.Errorf("second: %+v", got.Streams[1])
	}
	if strings.Contains(text, behind.ID()[:9]) {
		t.Error("more than 8 characters of an id are shown")
	}
}

// However many streams there are, the answer has its bound, and shows the
// worst.
func TestStreamsBounded(t *testing.T) {
	o := options()
	o.Registry = stream.NewRegistry(maxRows + 50)
	tel := New(o)
	for range maxRows + 49 {
		open(t, tel, here, false)
	}
	worst, _, _ := open(t, tel, here, false)
	send(t, worst, 1)
	got, _ := listed(t, tel)
	if got.Total != maxRows+50 || len(got.Streams) != maxRows {
		t.Errorf("%d of %d streams", len(got.Streams), got.Total)
	}
	if got.Streams[0].ID != worst.ID()[:8] {
		t.Errorf("first: %+v", got.Streams[0])
	}
}
