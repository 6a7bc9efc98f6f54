package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidegate/internal/config"
	"tidegate/loadtest/provider"
	"tidegate/stream"
)

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
					everyAPI(c)
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
					a := h.post(t, r.path("&split="+split), r.body("&split="+split))
					answers++
					switch {
					case !r.begins:
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
	checkCut(t, "empty finish_reason", newRecording("", stream.ChatCompletions, chunk+chunk), h.post(t, chatPath, chat("m")))
}

func checkWhole(t *testing.T, how string, r *recording, a *answer) {
	t.Helper()
	if a.status != http.StatusOK || a.err != nil || a.done != isOpenAIChat(r.api) || a.rest != "" {
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
	got := a.events
	if !r.failed {
		last := got[len(got)-1] // the gateway's own
		got = got[:len(got)-1]
		if !strings.Contains(last.Data, `"upstream_truncated.no_marker"`) {
			t.Errorf("%s: the last event is %s", how, last.Data)
		}
	}
	if !slices.Equal(r.events, got) {
		t.Errorf("%s (-in +out):\n%s", how, cmp.Diff(r.events, got))
	}
}

func checkEmpty(t *testing.T, how string, a *answer) {
	t.Helper()
	nothing := a.status == http.StatusBadGateway && strings.Contains(a.body, `"upstream_truncated"`)
	words := a.status == http.StatusNotFound && strings.Contains(a.body, `"NOT_FOUND"`) // the provider's, in one JSON object
	if a.err != nil || !nothing && !words {
		t.Errorf("%s: status %d, error %v, %s, want a whole error", how, a.status, a.err, a.body)
	}
}
