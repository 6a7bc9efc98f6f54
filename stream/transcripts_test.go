package stream_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tidegate/stream"
	"tidegate/upstream/sse"
)

// recording is one recorded stream: what its provider sent, as events.
type recording struct {
	file   string
	api    string // "openai chat": who sent it and through which API
	padded bool   // its events carry random padding
	events []stream.Event
}

type recordings struct {
	all []recording
	// set names this set of recordings: a hash of their names and contents.
	set string
	err error
}

var loadRecordings = sync.OnceValue(readRecordings)

// recorded returns all recorded streams. Their folder is TIDEGATE_TRANSCRIPTS,
// or else shared/transcripts beside the repository.
func recorded(tb testing.TB) recordings {
	tb.Helper()
	r := loadRecordings()
	if r.err != nil {
		tb.Fatal(r.err)
	}
	if len(r.all) == 0 {
		tb.Fatalf("no recorded streams (*.sse) in %q: set TIDEGATE_TRANSCRIPTS to the folder that holds them", transcriptFolder())
	}
	return r
}

func transcriptFolder() string {
	if folder := os.Getenv("TIDEGATE_TRANSCRIPTS"); folder != "" {
		return folder
	}
	return filepath.Join("..", "..", "shared", "transcripts")
}

func readRecordings() recordings {
	files, err := filepath.Glob(filepath.Join(transcriptFolder(), "*.sse"))
	if err != nil {
		return recordings{err: err}
	}
	var out recordings
	hash := sha256.New()
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			return recordings{err: err}
		}
		name := filepath.Base(file)
		sum := sha256.Sum256(body)
		hash.Write([]byte(name + " "))
		hash.Write(sum[:])
		events, err := scan(body)
		if err != nil {
			return recordings{err: err}
		}
		out.all = append(out.all, recording{
			file: name, api: apiOf(name), padded: carriesPadding(events), events: events,
		})
	}
	out.set = hex.EncodeToString(hash.Sum(nil))[:16]
	return out
}

func scan(body []byte) ([]stream.Event, error) {
	scanner := sse.New(bytes.NewReader(body), sse.Options{})
	var events []stream.Event
	var ev sse.Event
	for {
		for scanner.Next(&ev) {
			if string(ev.Data) == "[DONE]" { // the end marker is no event
				continue
			}
			events = append(events, stream.Event{Name: bytes.Clone(ev.Name), Data: bytes.Clone(ev.Data)})
		}
		if err := scanner.Fill(); err != nil {
			if errors.Is(err, io.EOF) {
				return events, nil
			}
			return nil, err
		}
	}
}

// apiOf cuts "openai chat" off a name such as openai-chat-text-01.sse. The
// provider openai-compatible has a hyphen itself.
func apiOf(name string) string {
	const hyphenated = "openai-compatible"
	provider, rest, _ := strings.Cut(name, "-")
	if after, ok := strings.CutPrefix(name, hyphenated+"-"); ok {
		provider, rest = hyphenated, after
	}
	api, _, _ := strings.Cut(rest, "-")
	return provider + " " + api
}

// carriesPadding finds the fields that providers fill with random letters, so
// that an event's size does not tell its token: OpenAI's "obfuscation", and
// "p", which holds a stretch of the alphabet at Mistral and Cloudflare.
func carriesPadding(events []stream.Event) bool {
	for _, ev := range events {
		if bytes.Contains(ev.Data, []byte(`"obfuscation"`)) || bytes.Contains(ev.Data, []byte(`"p":"a`)) {
			return true
		}
	}
	return false
}
