package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidegate/internal/config"
	"tidegate/loadtest/provider"
)

// recording is what a real provider once sent, and what a client should see
// of it.
type recording struct {
	file, path string // path is that of the API
	size       int
	events     []event // all that come before the end marker, or up to an error
	marked     bool    // the end marker is there
	failed     bool    // the last of events is an error
	finished   bool    // a choice has a finish_reason
	tail       bool    // something unfinished follows the last event
}

// whole says whether the recording is a whole answer.
func (r *recording) whole(end string) bool {
	return !r.failed && (r.marked || end == config.EndFinishReason && r.finished && !r.tail)
}

var apiPaths = map[string]string{"chat": chatPath, "completions": "/v1/completions"}

// recordings reads the ones of APIs that the gateway speaks, from the folder
// that TIDEGATE_TRANSCRIPTS names.
func recordings(t *testing.T) (folder string, all []*recording) {
	t.Helper()
	folder = os.Getenv("TIDEGATE_TRANSCRIPTS")
	if folder == "" {
		folder = "../../../shared/transcripts"
	}
	index, err := os.ReadFile(filepath.Join(folder, "index.tsv"))
	if err != nil {
		t.Fatalf("no recordings: set TIDEGATE_TRANSCRIPTS to the folder that holds them (%v)", err)
	}
	for row := range strings.Lines(string(index)) {
		fields := strings.Split(row, "\t")
		path, ok := apiPaths[fields[2]]
		if !ok || !strings.HasSuffix(fields[0], ".sse") {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(folder, fields[0]))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, newRecording(fields[0], path, string(raw)))
	}
	if len(all) < 100 {
		t.Fatalf("%d recordings in %s, want a hundred or more", len(all), folder)
	}
	return folder, all
}

func newRecording(file, path, raw string) *recording {
	r := &recording{file: file, path: path, size: len(raw)}
	events, _, rest := parse(raw)
	// An end marker counts without the blank line after it: a provider has
	// nothing to add to it.
	switch strings.TrimRight(rest, "\n") {
	case "data: [DONE]", "data:[DONE]":
		events, rest = append(events, event{Data: "[DONE]"}), ""
	}
	r.tail = strings.TrimRight(rest, "\n") != ""
	for _, ev := range events {
		if ev.Data == "[DONE]" {
			r.marked = true
			break
		}
		r.events = append(r.events, ev)
		if r.failed = isError(ev.Data); r.failed {
			break
		}
		r.finished = r.finished || isFinish(ev.Data)
	}
	return r
}

func isError(data string) bool {
	var object struct{ Error any }
	return json.Unmarshal([]byte(data), &object) == nil && object.Error != nil
}

func isFinish(data string) bool {
	var chunk struct {
		Choices []struct {
			FinishReason *string `json:"finish_reason"`
		}
	}
	if json.Unmarshal([]byte(data), &chunk) != nil {
		return false
	}
	for _, c := range chunk.Choices {
		if c.FinishReason != nil && *c.FinishReason != "" {
			return true
		}
	}
	return false
}

// tooFine says that a recording is too large to be sent in such pieces: each
// is a packet, and takes its time. The scanner's own tests cut all recordings
// at every byte.
func tooFine(split string, size int) bool {
	return split == "1" && size > 4<<10 || split == "7" && size > 32<<10
}

// Every recorded stream comes out as it went in, however its bytes are cut;
// where it is cut off or ends in an error, the client gets an error and an
// aborted connection.
func TestRealInput(t *testing.T) {
	folder, all := recordings(t)
	for _, end := range []string{config.EndDone, config.EndFinishReason} {
		both(t, func(t *testing.T, protocol func(*config.Config)) {
			h := start(t, setup{
				provider: provider.Options{Folder: folder},
				config: func(c *config.Config) {
					protocol(c)
					everyProvider(c, func(p *config.Provider) { p.End = end })
				},
			})
			splits := []string{"event", "1", "7", "random&seed=1"}
			if end == config.EndFinishReason {
				splits = []string{"event"}
			}
			answers, whole, cut, empty := 0, 0, 0, 0
			for _, r := range all {
				for _, split := range splits {
					if tooFine(split, r.size) {
						continue
					}
					how := fmt.Sprintf("%s, split %s, end %s", r.file, split, end)
					a := h.post(t, r.path, chat("m?file="+r.file+"&split="+split))
					answers++
					switch {
					case len(r.events) == 0 && !r.marked:
						empty++
						checkEmpty(t, how, a)
					case r.whole(end):
						whole++
						checkWhole(t, how, r, a)
					default:
						cut++
						checkCut(t, how, r, a)
					}
				}
			}
			if whole == 0 || cut == 0 || empty == 0 {
				t.Errorf("%d whole, %d cut, %d empty: each kind should be there", whole, cut, empty)
			}
			t.Logf("%d recordings, %d answers: %d whole, %d cut or failed, %d without an event", len(all), answers, whole, cut, empty)
		})
	}
}

// A finish_reason that is there and says nothing, as some providers send with
// every chunk, finishes nothing.
func TestEmptyFinishReason(t *testing.T) {
	const chunk = `data: {"choices":[{"delta":{"content":"a"},"finish_reason":""}]}` + "\n\n"
	h := start(t, setup{
		provider: provider.Options{Script: provider.Script{Transcript: []byte(chunk + chunk)}},
		config: func(c *config.Config) {
			everyProvider(c, func(p *config.Provider) { p.End = config.EndFinishReason })
		},
	})
	checkCut(t, "empty finish_reason", newRecording("", chatPath, chunk+chunk), h.post(t, chatPath, chat("m")))
}

func checkWhole(t *testing.T, how string, r *recording, a *answer) {
	t.Helper()
	if a.status != http.StatusOK || a.err != nil || !a.done || a.rest != "" {
		t.Errorf("%s: status %d, error %v, [DONE] %v, rest %q: want a whole answer", how, a.status, a.err, a.done, a.rest)
	}
	if diff := cmp.Diff(r.events, a.events); diff != "" {
		t.Errorf("%s (-in +out):\n%s", how, diff)
	}
}

func checkCut(t *testing.T, how string, r *recording, a *answer) {
	t.Helper()
	if a.status != http.StatusOK || !errors.Is(a.err, io.ErrUnexpectedEOF) || a.done || len(a.events) == 0 {
		t.Errorf("%s: status %d, error %v, [DONE] %v, %d events: want an aborted connection", how, a.status, a.err, a.done, len(a.events))
		return
	}
	f := a.failed(t)
	want, got := r.events, a.events
	if !r.failed {
		got = got[:len(got)-1] // the gateway's own
		if f.Error.Code != "upstream_truncated.no_marker" {
			t.Errorf("%s: code %v", how, f.Error.Code)
		}
	}
	if !slices.Equal(want, got) {
		t.Errorf("%s (-in +out):\n%s", how, cmp.Diff(want, got))
	}
}

func checkEmpty(t *testing.T, how string, a *answer) {
	t.Helper()
	if a.status != http.StatusBadGateway || a.err != nil {
		t.Errorf("%s: status %d, error %v, want a whole 502", how, a.status, a.err)
		return
	}
	if f := a.failed(t); f.Error.Code != "upstream_truncated" {
		t.Errorf("%s: code %v", how, f.Error.Code)
	}
}
