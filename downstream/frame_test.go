package downstream

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidegate/stream"
	"tidegate/upstream/sse"
)

// TestFrameAnyRoom writes events into pages of any size and reads them back:
// name and data come out as they went in, wherever a page ends.
func TestFrameAnyRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z{}":, \n]{0,200}`)
		events := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [2]string {
			return [2]string{rapid.StringMatching(`[a-z_.]{0,20}`).Draw(t, "name"), text.Draw(t, "data")}
		}), 1, 8).Draw(t, "events")
		limit := rapid.IntRange(40, 300).Draw(t, "limit")

		var wire []byte
		for _, event := range events {
			var f frame
			page := f.begin(nil, stream.Event{Name: []byte(event[0]), Data: []byte(event[1])})
			for {
				page = f.more(page, limit)
				if len(page) > limit {
					t.Fatalf("a page of %d bytes where %d are allowed", len(page), limit)
				}
				wire = append(wire, page...)
				page = page[:0]
				if !f.open {
					break
				}
			}
		}

		scan := sse.New(bytes.NewReader(wire), sse.Options{})
		for _, want := range events {
			got := next(t, scan)
			if string(got.Name) != want[0] || string(got.Data) != want[1] {
				t.Fatalf("sent %q, got %q %q", want, got.Name, got.Data)
			}
		}
	})
}

func next(t interface{ Fatal(...any) }, scan *sse.Scanner) (ev sse.Event) {
	for !scan.Next(&ev) {
		if err := scan.Fill(); err != nil {
			t.Fatal(err)
		}
	}
	return ev
}

// TestFrameIsOneLineEach: an event of one line costs its data and the framing,
// nothing else, and lines end with LF alone.
func TestFrameIsOneLineEach(t *testing.T) {
	var f frame
	got := f.more(f.begin(nil, stream.Event{Name: []byte("ping"), Data: []byte("{}")}), 100)
	if want := "event: ping\ndata: {}\n\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if strings.Contains(string(got), "\r") {
		t.Error("a CR, which several SDKs take for a line end")
	}
}
