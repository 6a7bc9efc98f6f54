package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tidegate/internal/config"
	"tidegate/stream"
)

// recording is what a real provider once sent, and what a client should see
// of it.
type recording struct {
	file     string
	api      stream.API
	size     int
	events   []event // all that come before the end marker, or up to the end
	marked   bool    // the end is there: a marker, or an event that is the last one
	begins   bool    // the first event is no error, or it ends at once
	failed   bool    // one of events is an error
	finished bool    // it says that it is finished, as by a finish_reason
	tail     bool    // something unfinished follows the last event
}

// whole says whether the recording is a whole answer.
func (r *recording) whole(end string) bool {
	byFinish := r.api == stream.GenerateContent || end == config.EndFinishReason && r.path("") != "" && isOpenAIChat(r.api)
	return !r.failed && (r.marked || byFinish && r.finished && !r.tail)
}

func isOpenAIChat(api stream.API) bool {
	return api == stream.ChatCompletions || api == stream.Completions
}

// path and body make a call that replays the recording; how says more about
// that, such as "&split=7".
func (r *recording) path(how string) string {
	switch r.api {
	case stream.Completions:
		return "/v1/completions"
	case stream.Responses:
		return "/v1/responses"
	case stream.Messages:
		return "/v1/messages"
	case stream.GenerateContent:
		return "/v1beta/models/" + url.PathEscape(r.model(how)) + ":streamGenerateContent?alt=sse"
	}
	return chatPath
}

func (r *recording) model(how string) string { return "m?file=" + r.file + how }

func (r *recording) body(how string) string {
	switch r.api {
	case stream.GenerateContent:
		return `{"contents":[{"parts":[{"text":"hi"}]}]}`
	case stream.Responses:
		return fmt.Sprintf(`{"model":%q,"stream":true,"input":"hi"}`, r.model(how))
	case stream.Messages:
		return fmt.Sprintf(`{"model":%q,"stream":true,"max_tokens":99,"messages":[{"role":"user","content":"hi"}]}`, r.model(how))
	}
	return asking(chat(r.model(how)))
}

// call is what a client of the gateway's own protocol opens. Recordings of
// other APIs are as good as chats there.
func (r *recording) call() (api, model, body string) {
	api = string(r.api)
	switch r.api {
	case stream.GenerateContent:
		model = r.model("")
	case "":
		api = string(stream.ChatCompletions)
	}
	return api, model, r.body("")
}

// asking asks for usage, too: what of it comes unasked is not shown.
func asking(body string) string {
	return strings.Replace(body, `"stream":true`, `"stream":true,"stream_options":{"include_usage":true}`, 1)
}

// apis are those of the index that the gateway speaks.
var apis = map[string]stream.API{
	"chat": stream.ChatCompletions, "completions": stream.Completions, "responses": stream.Responses,
	"messages": stream.Messages, "generatecontent": stream.GenerateContent,
}

// recordings reads the ones of APIs that the gateway speaks, from the folder
// that TIDEGATE_TRANSCRIPTS names.
func recordings(t testing.TB) (folder string, all []*recording) {
	t.Helper()
	folder, all = everyRecording(t, func(raw string) string { return raw })
	all = slices.DeleteFunc(all, func(r *recording) bool { return r.api == "" })
	if len(all) < 200 {
		t.Fatalf("%d recordings in %s, want two hundred or more", len(all), folder)
	}
	return folder, all
}

// everyRecording reads those of other APIs, too, which have none.
func everyRecording(t testing.TB, as func(raw string) string) (folder string, all []*recording) {
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
		if !strings.HasSuffix(fields[0], ".sse") {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(folder, fields[0]))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, newRecording(fields[0], apis[fields[2]], as(string(raw))))
	}
	return folder, all
}

func newRecording(file string, api stream.API, raw string) *recording {
	r := &recording{file: file, api: api, size: len(raw)}
	defer func() { r.begins = r.begins || len(r.events) == 0 && r.marked }()
	events, _, rest := parse(raw)
	// An end marker counts without the blank line after it: a provider has
	// nothing to add to it.
	switch strings.TrimRight(rest, "\n") {
	case "data: [DONE]", "data:[DONE]":
		events, rest = append(events, event{Data: "[DONE]"}), ""
	}
	r.tail = strings.TrimRight(rest, "\n") != ""
	for _, ev := range events {
		if ev.Data == "[DONE]" && (r.failed || r.api == "" || isOpenAIChat(r.api)) {
			r.marked = true
			break
		}
		r.events = append(r.events, ev)
		r.judge(ev)
		r.begins = r.begins || len(r.events) == 1 && !r.failed
		if r.marked {
			break
		}
	}
	return r
}

var firstType = regexp.MustCompile(`^{\s*"type":\s*"([^"]*)"`)

// judge reads an event as its provider's documentation has it.
func (r *recording) judge(ev event) {
	var object struct {
		Type    string
		Error   any
		Choices []struct {
			FinishReason *string `json:"finish_reason"`
		}
		Candidates []struct {
			FinishReason string `json:"finishReason"`
		}
		PromptFeedback *struct {
			BlockReason string `json:"blockReason"`
		} `json:"promptFeedback"`
	}
	readable := json.Unmarshal([]byte(ev.Data), &object) == nil
	kind := ev.Name
	if kind == "" {
		kind = object.Type
	}
	if first := firstType.FindStringSubmatch(ev.Data); kind == "" && first != nil {
		kind = first[1] // one recording's JSON is broken behind it
	}
	switch r.api {
	case stream.Responses:
		r.marked = kind == "response.completed" || kind == "response.incomplete"
		r.failed = r.failed || kind == "response.failed" || kind == "error"
		return
	case stream.Messages:
		r.marked = kind == "message_stop"
		r.failed = r.failed || kind == "error"
		return
	}
	r.failed = r.failed || readable && object.Error != nil && object.Error != false && object.Error != ""
	for _, c := range object.Choices {
		r.finished = r.finished || c.FinishReason != nil && *c.FinishReason != ""
	}
	for _, c := range object.Candidates {
		r.finished = r.finished || c.FinishReason != ""
	}
	r.finished = r.finished || object.PromptFeedback != nil && object.PromptFeedback.BlockReason != ""
}
