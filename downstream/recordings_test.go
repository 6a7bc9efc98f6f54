package downstream

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/stream"
	"tidegate/upstream/sse"
)

// recordedAt is where clients ask for what is recorded of an API.
var recordedAt = map[string]struct{ path, body, marker string }{
	"chat":            {"/v1/chat/completions", `{"model":"m","stream":true}`, "[DONE]"},
	"completions":     {"/v1/completions", `{"model":"m","stream":true}`, "[DONE]"},
	"responses":       {"/v1/responses", `{"model":"m","stream":true}`, ""},
	"messages":        {"/v1/messages", `{"model":"m","stream":true}`, ""},
	"generatecontent": {"/v1beta/models/m:streamGenerateContent?alt=sse", `{}`, ""},
}

// Every recorded stream goes through its API's own endpoint with each event's
// name and data as the provider sent them, byte for byte.
func TestRecordings(t *testing.T) {
	var events []stream.Event
	o := &opener{script: func(_ context.Context, st *stream.Stream) stream.End {
		for i, ev := range events {
			if err := st.Append(ev, time.Now()); err != nil {
				return stream.End{Reason: stream.UpstreamError}
			}
			if i%3 == 0 { // now and then several are written at once
				st.Flush()
			}
		}
		return complete
	}}
	g := serve(t, o, func(o *Options) { o.MaxConns = 9 })
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	seen := map[string]int{}
	for r := range recordings(t) {
		at := recordedAt[r.api]
		events = r.events
		events = slices.DeleteFunc(events, func(ev stream.Event) bool { return string(ev.Data) == "[DONE]" })
		want := events
		if at.marker != "" {
			want = append(slices.Clone(events), stream.Event{Data: []byte(at.marker)})
		}
		resp, err := client.Post("http://"+g.addr+at.path, "application/json", strings.NewReader(at.body))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(r.file, resp.Status, err)
		}
		if bytes.Contains(body, []byte("\r")) || bytes.HasPrefix(body, []byte("id:")) || bytes.Contains(body, []byte("\nid:")) {
			t.Errorf("%s: a line that breaks SDKs", r.file)
		}
		got := scanned(t, body)
		if !slices.EqualFunc(want, got, func(a, b stream.Event) bool {
			return bytes.Equal(a.Name, b.Name) && bytes.Equal(a.Data, b.Data)
		}) {
			t.Errorf("%s: %d events came out as %d, or not the same", r.file, len(want), len(got))
		}
		seen[r.api]++
	}
	for api := range recordedAt {
		if seen[api] == 0 {
			t.Errorf("no recordings of %s", api)
		}
	}
}

type recording struct {
	file, api string
	events    []stream.Event
}

// recordings gives the recorded streams of the APIs in recordedAt.
func recordings(t *testing.T) iter.Seq[recording] {
	t.Helper()
	folder := os.Getenv("TIDEGATE_TRANSCRIPTS")
	if folder == "" {
		folder = filepath.Join("..", "..", "shared", "transcripts")
	}
	index, err := os.ReadFile(filepath.Join(folder, "index.tsv"))
	if err != nil {
		t.Fatalf("no recordings: set TIDEGATE_TRANSCRIPTS to the folder that holds them (%v)", err)
	}
	return func(yield func(recording) bool) {
		for row := range strings.Lines(string(index)) {
			fields := strings.Split(row, "\t")
			if _, ok := recordedAt[fields[2]]; !ok || !strings.HasSuffix(fields[0], ".sse") {
				continue
			}
			raw, err := os.ReadFile(filepath.Join(folder, fields[0]))
			if err != nil {
				t.Fatal(err)
			}
			if !yield(recording{fields[0], fields[2], scanned(t, raw)}) {
				return
			}
		}
	}
}

// scanned are the events of an event stream.
func scanned(t *testing.T, body []byte) (events []stream.Event) {
	t.Helper()
	scanner := sse.New(bytes.NewReader(body), sse.Options{})
	var ev sse.Event
	for {
		for scanner.Next(&ev) {
			events = append(events, stream.Event{Name: bytes.Clone(ev.Name), Data: bytes.Clone(ev.Data)})
		}
		switch err := scanner.Fill(); {
		case errors.Is(err, io.EOF):
			return events
		case err != nil:
			t.Fatal(err)
		}
	}
}
