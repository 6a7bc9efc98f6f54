package provider_test

import (
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tidegate/loadtest/provider"
)

// A gateway forwards no unknown header, so the model name says it too; the
// header has the last word.
func TestScriptPlaces(t *testing.T) {
	s := start(t, provider.Options{Script: provider.Script{Tokens: 2}})
	c := client(t, 1)
	for _, tc := range []struct {
		model, header string
		tokens        int
		name          string
	}{
		{"m", "", 2, "m"},
		{"m?tokens=3&pace=1000", "", 3, "m"},
		{"script:tokens=4,pace=1000", "", 4, provider.DefaultModel},
		{"script:tokens=4,comments=2", "tokens=5", 5, provider.DefaultModel},
	} {
		_, body, err := read(t, c, s.URL()+chatPath, tc.header, `{"stream":true,"model":"`+tc.model+`"}`)
		if err != nil {
			t.Fatal(err)
		}
		all := chunks(t, body)
		if len(all) != tc.tokens+2 || all[0].Model != tc.name {
			t.Errorf("%+v: %d chunks of model %q", tc, len(all), all[0].Model)
		}
	}
	if err := s.SetScript(provider.Script{Tokens: 6}); err != nil {
		t.Fatal(err)
	}
	if _, body, _ := read(t, c, s.URL()+chatPath, "", streaming); len(chunks(t, body)) != 8 {
		t.Errorf("SetScript had no effect: %s", body)
	}
	if err := s.SetScript(provider.Script{Pace: -1}); err == nil {
		t.Error("SetScript takes a negative pace")
	}
}

func TestCallsRecordWhatWasReceived(t *testing.T) {
	var mu sync.Mutex
	var hooked []string
	hook := func(at string) func(provider.Call) {
		return func(c provider.Call) {
			mu.Lock()
			defer mu.Unlock()
			hooked = append(hooked, at+" "+c.Path+" "+string(c.Ending))
		}
	}
	s := start(t, provider.Options{OnStart: hook("start"), OnEnd: hook("end")})
	r, err := http.NewRequest(http.MethodPost, s.URL()+chatPath, strings.NewReader(streaming))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer provider-key")
	resp, err := client(t, 1).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	call := ended(t, s, 1)
	if call.Header.Get("Authorization") != "Bearer provider-key" || call.BodySize != int64(len(streaming)) ||
		call.BodyHash != sha256.Sum256([]byte(streaming)) || call.Model != "m" || call.Path != chatPath {
		t.Errorf("%+v", call)
	}
	if call.Started.IsZero() || call.Ended.Before(call.Started) {
		t.Errorf("times: %+v", call)
	}
	s.Close()
	mu.Lock()
	defer mu.Unlock()
	if len(hooked) != 2 || hooked[0] != "start "+chatPath+" " || hooked[1] != "end "+chatPath+" "+string(call.Ending) {
		t.Errorf("hooks: %q", hooked)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	s := start(t, provider.Options{History: 3, Script: provider.Script{Tokens: 1}})
	c := client(t, 1)
	for _, model := range []string{"a", "b", "c", "d", "e"} {
		if _, _, err := read(t, c, s.URL()+chatPath, "", `{"model":"`+model+`"}`); err != nil {
			t.Fatal(err)
		}
	}
	ended(t, s, 5)
	var models string
	for _, call := range s.Calls() {
		models += call.Model
	}
	if st := s.Stats(); models != "cde" || st.Calls != 5 || st.Finished != 5 {
		t.Errorf("%q %+v", models, st)
	}
}

// What a stranger reads over HTTP, and what is not for him.
func TestStatsOverHTTP(t *testing.T) {
	s := start(t, provider.Options{Script: provider.Script{Tokens: 2}})
	both(t, func(t *testing.T, c *http.Client) {
		r, err := http.NewRequest(http.MethodPost, s.URL()+chatPath, strings.NewReader(streaming))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer provider-key")
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, resp.Body) // or it might leave before the first byte
		_ = resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		ended(t, s, 1)
		resp, err = c.Get(s.URL() + "/script/stats")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		var got map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		last := got["recent"].([]any)[0].(map[string]any)
		if got["calls"] != float64(s.Stats().Calls) || got["active"] != 0.0 || got["bytes"] == 0.0 || last["model"] != "m" || last["ending"] == nil {
			t.Errorf("%v", got)
		}
		if text, _ := json.Marshal(got); strings.Contains(string(text), "provider-key") {
			t.Errorf("a key is shown: %s", text)
		}
	})
}

// A script names files below its folder only.
func TestTranscriptFile(t *testing.T) {
	parent := t.TempDir()
	folder := filepath.Join(parent, "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"folder/a.sse": "data: a\n\n", "secret.sse": "data: secret\n\n"} {
		if err := os.WriteFile(filepath.Join(parent, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(parent, "secret.sse"), filepath.Join(folder, "link.sse")); err != nil {
		t.Fatal(err)
	}
	s := start(t, provider.Options{Folder: folder})
	c := client(t, 1)
	if _, body, err := read(t, c, s.URL()+chatPath, "file=a.sse", streaming); err != nil || string(body) != "data: a\n\n" {
		t.Errorf("%v %q", err, body)
	}
	for _, name := range []string{"../secret.sse", "x/../../secret.sse", filepath.Join(parent, "secret.sse"), "link.sse", ".", "missing.sse"} {
		resp, body, _ := read(t, c, s.URL()+chatPath, "file="+name, streaming)
		if resp.StatusCode != http.StatusBadRequest || strings.Contains(string(body), "data: secret") {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
		if name == "missing.sse" && strings.Contains(string(body), parent) {
			t.Errorf("the folder is shown: %s", body)
		}
	}
	if _, err := provider.New(provider.Options{Folder: folder, Script: provider.Script{File: "missing"}}); err == nil {
		t.Error("a default script with a missing file is accepted")
	}
}
