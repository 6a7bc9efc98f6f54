package web

import (
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, method, url string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, url, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, url string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, url, nil)
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: status %d", url, w.Code)
	}
	return w.Body.String()
}

var (
	mention  = regexp.MustCompile(`(?:href|src)="([^"]+)"`)
	imported = regexp.MustCompile(`from '(\./[^']+)'`)
	outside  = regexp.MustCompile(`(?:https?:)?//[A-Za-z0-9-]+\.[a-z]|\burl\(|@import`)
	inline   = regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|<script>`)
)

// TestWhole follows every reference from the page on: each leads to a file
// that is there, and has the type without which browsers refuse it.
func TestWhole(t *testing.T) {
	seen := map[string]bool{}
	var visit func(url string)
	visit = func(url string) {
		if seen[url] {
			return
		}
		seen[url] = true
		text := body(t, url)
		var kind string
		switch path.Ext(url) {
		case "":
			kind = "text/html; charset=utf-8"
			for _, found := range mention.FindAllStringSubmatch(text, -1) {
				visit(found[1])
			}
		case ".js":
			kind = "text/javascript; charset=utf-8"
			for _, found := range imported.FindAllStringSubmatch(text, -1) {
				visit(path.Join(path.Dir(url), found[1]))
			}
		case ".css":
			kind = "text/css; charset=utf-8"
		case ".svg":
			kind = "image/svg+xml"
		}
		if got := get(t, http.MethodGet, url).Header.Get("Content-Type"); got != kind {
			t.Errorf("%s has the type %q, want %q", url, got, kind)
		}
	}
	visit("/")
	for _, url := range []string{"/playground/main.js", "/playground/style.css", "/playground/icon.svg", library} {
		if !seen[url] {
			t.Errorf("the page does not lead to %s", url)
		}
	}
	entries, err := embedded.ReadDir("playground")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); name != "index.html" && !seen[folder+name] {
			t.Errorf("nothing leads to %s", name)
		}
	}
}

// TestAlone finds what would make the page ask anybody but the gateway, and
// what its own policy forbids.
func TestAlone(t *testing.T) {
	entries, err := embedded.ReadDir("playground")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		text := body(t, folder+entry.Name())
		text = strings.ReplaceAll(text, `xmlns="http://www.w3.org/2000/svg"`, "")
		if found := outside.FindString(text); found != "" {
			t.Errorf("%s refers to what is elsewhere: %q", entry.Name(), found)
		}
		if found := inline.FindString(text); found != "" && path.Ext(entry.Name()) == ".html" {
			t.Errorf("%s has something inline, which the policy forbids: %q", entry.Name(), found)
		}
	}
}

func TestHeaders(t *testing.T) {
	for _, url := range []string{"/", library} {
		h := get(t, http.MethodGet, url).Header
		for name, want := range map[string]string{
			"Content-Security-Policy": policy,
			"X-Content-Type-Options":  "nosniff",
			"Referrer-Policy":         "no-referrer",
			"Cache-Control":           "no-cache",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", url, name, got, want)
			}
		}
	}
	for _, forbidden := range []string{"unsafe-inline", "unsafe-eval", "*", "http:", "https:", "data:"} {
		if strings.Contains(policy, forbidden) {
			t.Errorf("the policy allows %s", forbidden)
		}
	}
}

func TestUnchanged(t *testing.T) {
	etag := get(t, http.MethodGet, "/").Header.Get("ETag")
	if etag == "" {
		t.Fatal("no ETag")
	}
	if got := get(t, http.MethodGet, "/", "If-None-Match", etag); got.StatusCode != http.StatusNotModified || got.ContentLength > 0 {
		t.Errorf("status %d, %d bytes", got.StatusCode, got.ContentLength)
	}
	if got := get(t, http.MethodGet, "/", "If-None-Match", `"other"`).StatusCode; got != http.StatusOK {
		t.Errorf("status %d for another version", got)
	}
}

func TestHead(t *testing.T) {
	got := get(t, http.MethodHead, "/")
	if got.StatusCode != http.StatusOK || got.Header.Get("Content-Length") == "0" {
		t.Errorf("status %d, Content-Length %q", got.StatusCode, got.Header.Get("Content-Length"))
	}
	var one [1]byte
	if n, _ := got.Body.Read(one[:]); n != 0 {
		t.Error("a body")
	}
}

func TestNothingElse(t *testing.T) {
	for _, url := range []string{
		"/favicon.ico", "/index.html", "/playground/missing.js", "/client/dist/tidegate.js",
		"/playground/../web.go", "/playground//main.js", "/models",
	} {
		if got := get(t, http.MethodGet, url); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", url, got.StatusCode)
		}
	}
}
