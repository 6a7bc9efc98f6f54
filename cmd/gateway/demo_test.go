package main

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The demo answers in every API, whoever asks for whichever model.
func TestDemo(t *testing.T) {
	out, _, stop := runCommand(t, "demo", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0")
	h := commanded(t, out.find(t, `clients +http://([^/]+)/v1`))
	out.find(t, `(look +http://`+regexp.QuoteMeta(h.addr)+`/ )`)
	h.works(t)
	if a := h.post(t, chatPath, chat("script:tokens=40,fault=rst,at=20")); a.done || a.err == nil || len(a.events) != 21 {
		t.Errorf("the broken stream: %v, %d events", a.err, len(a.events))
	}
	// More failures than a breaker would put up with.
	for range 12 {
		h.post(t, chatPath, chat("script:status=500"))
	}

	_, help, _ := runs(t, "demo", "-h")
	out.mu.Lock()
	printed := out.text.String()
	out.mu.Unlock()
	paths := map[string]bool{}
	for where, text := range map[string]string{"demo": printed, "demo -h": help, "README.md": readme(t)} {
		found := curl.FindAllStringSubmatch(strings.ReplaceAll(text, "\\\n", ""), -1)
		if len(found) == 0 {
			t.Errorf("%s has no command to paste", where)
		}
		for _, f := range found {
			path, body := strings.ReplaceAll(f[1], "/demo:", "/script:tokens=3:"), strings.ReplaceAll(f[2], `"demo"`, `"script:tokens=3"`)
			paths[path] = true
			a := h.post(t, path, strings.ReplaceAll(body, "pace=80", "pace=0"))
			if broken := strings.Contains(body, "fault="); a.status != http.StatusOK || len(a.events) == 0 || (a.err == nil) == broken {
				t.Errorf("%s: %s %s: status %d, %d events, %v", where, path, body, a.status, len(a.events), a.err)
			}
		}
	}
	if len(paths) != 4 {
		t.Errorf("commands for %v, and no others", paths)
	}
	h.http.CloseIdleConnections()
	stop()
}

// curl finds commands to paste: what they ask for, and with which body.
var curl = regexp.MustCompile(`(?m)^ *curl -N '?http://[^/]+(/[^ ']+)'? +-d '([^']+)'`)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
