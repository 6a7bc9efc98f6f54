package dialect

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tidegate/stream"
	"tidegate/upstream/sse"
)

// recording is one recorded stream.
type recording struct {
	file, provider, api, feature string
	notes                        string // of index.tsv; empty where there is none
	body                         []byte
}

// apis are those of the recorded ones that a dialect speaks, by the names that
// the recordings give them.
var apis = map[string]stream.API{
	"chat":            stream.ChatCompletions,
	"v1chat":          stream.ChatCompletions, // Writer's, which has the same shape
	"completions":     stream.Completions,
	"responses":       stream.Responses,
	"messages":        stream.Messages,
	"generatecontent": stream.GenerateContent,
}

// recorded reads the recorded streams whose API a dialect speaks, and a hash
// that names their set. Their folder is TIDEGATE_TRANSCRIPTS, or else
// shared/transcripts beside the repository.
func recorded(tb testing.TB) (found []recording, set string) {
	tb.Helper()
	folder := os.Getenv("TIDEGATE_TRANSCRIPTS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "transcripts")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.sse"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("no recorded streams (*.sse) in %q: set TIDEGATE_TRANSCRIPTS to the folder that holds them", folder)
	}
	notes := notesOf(tb, folder)
	hash := sha256.New()
	for _, file := range files {
		r := named(filepath.Base(file))
		if apis[r.api] == "" {
			continue
		}
		if r.body, err = os.ReadFile(file); err != nil {
			tb.Fatal(err)
		}
		r.notes = notes[r.file]
		found = append(found, r)
		sum := sha256.Sum256(r.body)
		hash.Write([]byte(r.file))
		hash.Write(sum[:])
	}
	if len(found) == 0 {
		tb.Fatalf("none of the %d recorded streams in %q is of an API that a dialect speaks", len(files), folder)
	}
	return found, hex.EncodeToString(hash.Sum(nil))[:16]
}

// named takes a name such as openai-chat-text-01.sse apart: provider, API,
// feature and number. Only providers and features have hyphens themselves.
func named(file string) recording {
	parts := strings.Split(strings.TrimSuffix(file, ".sse"), "-")
	r := recording{file: file}
	for i, part := range parts {
		if i > 0 && i < len(parts)-1 && (apis[part] != "" || i == 1 && parts[1] != "compatible") {
			r.provider, r.api = strings.Join(parts[:i], "-"), part
			r.feature = strings.Join(parts[i+1:len(parts)-1], "-")
			break
		}
	}
	return r
}

// notesOf reads the notes of index.tsv, by file. It may be missing.
func notesOf(tb testing.TB, folder string) map[string]string {
	notes := map[string]string{}
	text, err := os.ReadFile(filepath.Join(folder, "index.tsv"))
	if errors.Is(err, os.ErrNotExist) {
		return notes
	} else if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(fields) > 1 {
			tags, _, _ := strings.Cut(fields[len(fields)-1], ";")
			notes[fields[0]] = tags
		}
	}
	return notes
}

// end is how a recorded stream ends.
type end string

const (
	complete  end = "complete"
	finished  end = "finished" // without the marker that its API has
	truncated end = "truncated"
	failed    end = "error"
)

// outcome is what a judge said of a recorded stream.
type outcome struct {
	end    end
	events int // that are passed on
	behind int // of these, after the end
	beats  int // heartbeats
	usage  stream.Usage
}

// play puts a recorded stream before its judge, as package upstream does.
func play(tb testing.TB, r recording) (out outcome) {
	tb.Helper()
	api := apis[r.api]
	dialect := dialectOf(api)
	judge := dialect.Judge(api)
	scan := sse.New(bytes.NewReader(r.body), sse.Options{})
	var ev sse.Event
	hear := func() {
		if out.end == "" {
			defer func() { out.usage = judge.Usage() }()
		}
		v := judge.Event(stream.Event(ev))
		if v != Marker {
			out.events++
			if out.end != "" {
				out.behind++
			}
		}
		switch {
		case v == Heartbeat:
			out.beats++
		case out.end != "":
		case v == Marker || v == Last:
			out.end = complete
		case v == Error:
			out.end = failed
		}
	}
	for {
		for scan.Next(&ev) {
			hear()
		}
		if err := scan.Fill(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			tb.Fatalf("%s: %v", r.file, err)
		}
	}
	rest, ok := scan.Finish(&ev)
	if ok {
		hear()
	}
	if out.end != "" {
		return out
	}
	_, sick := dialect.Failed(r.body)
	switch {
	case out.events == 0 && sick:
		out.end = failed // no stream at all, but an error as a body
	case rest > 0 || !judge.Finished():
		out.end = truncated
	case dialect.EndsByFinish(api):
		out.end = complete
	default:
		out.end = finished
	}
	return out
}
