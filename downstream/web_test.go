package downstream

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tidegate/internal/auth"
	"tidegate/stream"
)

// Pages are for those who look; a program whose base URL is wrong has to read
// what is wrong, in its API's form.
func TestWeb(t *testing.T) {
	pages := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, c := range []struct {
		method, path string
		web          http.Handler
		status       int
	}{
		{"GET", "/", pages, http.StatusTeapot},
		{"HEAD", "/", pages, http.StatusTeapot},
		{"GET", "/playground/main.js", pages, http.StatusTeapot},
		{"GET", "/v1/models", pages, http.StatusOK},
		{"GET", "/v1/nothing", pages, http.StatusNotFound},
		{"GET", "/v1beta/nothing", pages, http.StatusNotFound},
		{"POST", "/", pages, http.StatusNotFound},
		{"POST", "/chat/completions", pages, http.StatusNotFound},
		{"GET", "/", nil, http.StatusNotFound},
	} {
		s, err := New(Options{
			Keys: auth.Open(), Registry: stream.NewRegistry(1), Pages: stream.NewPages(4096), Observer: &reports{}, Log: slog.New(slog.DiscardHandler), Web: c.web,
		})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		s.gone.close()
		if w.Code != c.status {
			t.Errorf("%s %s: status %d, want %d", c.method, c.path, w.Code, c.status)
		}
		if c.status == http.StatusNotFound && !strings.Contains(w.Body.String(), `"unknown_path"`) {
			t.Errorf("%s %s: %s", c.method, c.path, w.Body)
		}
	}
}
