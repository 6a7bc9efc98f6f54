//go:build linux

package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"tidegate/stream"
	"tidegate/upstream/sse"
)

// recording is one recorded stream.
type recording struct {
	api    string // "openai chat"
	tokens int64  // of its answer, as its provider counts them; 0 where it doesn't say
	events []stream.Event
}

// recorded returns the recorded streams in TIDEGATE_TRANSCRIPTS, or in
// shared/transcripts beside the repository, and a name for this set of them.
func recorded(t *testing.T) (all []recording, set string) {
	t.Helper()
	folder := os.Getenv("TIDEGATE_TRANSCRIPTS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "transcripts")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.sse"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded streams (*.sse) in %q: set TIDEGATE_TRANSCRIPTS to the folder that holds them (%v)", folder, err)
	}
	hash := sha256.New()
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		sum := sha256.Sum256(body)
		hash.Write([]byte(name + " "))
		hash.Write(sum[:])
		rec := recording{api: apiOf(name), events: scan(t, body)}
		for _, ev := range rec.events {
			rec.tokens = max(rec.tokens, tokens(ev.Data))
		}
		if len(rec.events) > 0 {
			all = append(all, rec)
		}
	}
	return all, fmt.Sprintf("%x", hash.Sum(nil))[:16]
}

func scan(t *testing.T, body []byte) (events []stream.Event) {
	t.Helper()
	scanner := sse.New(bytes.NewReader(body), sse.Options{})
	var ev sse.Event
	for {
		for scanner.Next(&ev) {
			if string(ev.Data) != "[DONE]" {
				events = append(events, stream.Event{Name: bytes.Clone(ev.Name), Data: bytes.Clone(ev.Data)})
			}
		}
		if err := scanner.Fill(); errors.Is(err, io.EOF) {
			return events
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// apiOf cuts "openai chat" off a name such as openai-chat-text-01.sse. The
// provider openai-compatible has a hyphen itself.
func apiOf(name string) string {
	provider, rest, _ := strings.Cut(name, "-")
	if after, ok := strings.CutPrefix(rest, "compatible-"); ok {
		provider, rest = provider+"-compatible", after
	}
	api, _, _ := strings.Cut(rest, "-")
	return provider + " " + api
}

var counted = regexp.MustCompile(`"(completion_tokens|output_tokens|candidatesTokenCount|thoughtsTokenCount)": ?(\d+)`)

// tokens is the number of an answer's tokens that an event states. Gemini
// states those of its thoughts apart.
func tokens(data []byte) (n int64) {
	var thoughts int64
	for _, found := range counted.FindAllSubmatch(data, -1) {
		v, err := strconv.ParseInt(string(found[2]), 10, 64)
		if err != nil {
			continue
		}
		if string(found[1]) == "thoughtsTokenCount" {
			thoughts = v
		} else {
			n = max(n, v)
		}
	}
	return n + thoughts
}
