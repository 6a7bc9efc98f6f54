package downstream

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A defect shows in the log as it usually is; what clients do wrong does not.
func TestServerLog(t *testing.T) {
	var out bytes.Buffer // read once the server is closed
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			panic("a defect")
		}
		w.WriteHeader(http.StatusNoContent)
		w.WriteHeader(http.StatusOK) // superfluous, and said to be
	}))
	s.Config.ErrorLog = newServerLog(slog.New(slog.NewTextHandler(&out, nil)))
	s.Start()
	for path, fails := range map[string]bool{"/": false, "/panic": true} {
		resp, err := http.Post(s.URL+path, "", nil) // a GET would be sent again
		if (err != nil) != fails {
			t.Errorf("%s: %v", path, err)
		}
		if err == nil {
			_ = resp.Body.Close()
		}
	}
	s.Close()
	text := out.String()
	if strings.Count(text, "\n") != 1 || !strings.Contains(text, "level=ERROR") || !strings.Contains(text, "a defect") {
		t.Errorf("logged %q", text)
	}
}
