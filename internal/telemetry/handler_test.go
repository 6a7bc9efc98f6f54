package telemetry

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func get(t *testing.T, tel *Telemetry, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	tel.Handler().ServeHTTP(w, req)
	return w
}

func TestHandler(t *testing.T) {
	tel := New(options())
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/":                                {200, "/metrics"},
		"/metrics":                         {200, `tidegate_build_info{go_version="go`},
		"/healthz":                         {200, "ok\n"},
		"/readyz":                          {200, "ok\n"},
		"/debug/streams":                   {200, `{"total":0,"streams":[]}`},
		"/debug/pprof/":                    {200, "goroutine"},
		"/debug/pprof/cmdline":             {200, ""},
		"/debug/pprof/symbol":              {200, "num_symbols"},
		"/debug/pprof/goroutine?debug=1":   {200, "TestHandler"},
		"/debug/pprof/nothing-of-the-kind": {404, ""},
		"/debug/streams/":                  {404, ""},
		"/v1/chat/completions":             {404, ""},
	} {
		w := get(t, tel, path)
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.body) {
			t.Errorf("%s: %d %.200q, want %d %q", path, w.Code, w.Body, want.status, want.body)
		}
	}
}

// Everything that the index names is there.
func TestHandlerIndex(t *testing.T) {
	tel := New(options())
	paths := 0
	for line := range strings.Lines(index) {
		if !strings.HasPrefix(line, "/") {
			continue
		}
		paths++
		if path := strings.Fields(line)[0]; get(t, tel, path).Code != http.StatusOK {
			t.Errorf("%s is not there", path)
		}
	}
	if paths != 5 {
		t.Errorf("the index names %d paths", paths)
	}
}

func TestHandlerMethod(t *testing.T) {
	w := httptest.NewRecorder()
	New(options()).Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/metrics", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST /metrics: %d", w.Code)
	}
}

func TestHandlerOpenMetrics(t *testing.T) {
	w := get(t, New(options()), "/metrics", "Accept", "application/openmetrics-text; version=1.0.0")
	if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "application/openmetrics-text") {
		t.Errorf("Content-Type: %q", got)
	}
	if !strings.HasSuffix(w.Body.String(), "# EOF\n") {
		t.Error("the answer lacks OpenMetrics' end")
	}
}

func TestReadyDraining(t *testing.T) {
	tel := New(options())
	tel.calls.Drain(context.Background())
	if w := get(t, tel, "/readyz"); w.Code != http.StatusServiceUnavailable || w.Body.String() != "draining\n" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	if w := get(t, tel, "/healthz"); w.Code != http.StatusOK {
		t.Errorf("a process that drains lives: %d", w.Code)
	}
}

func TestReadyFunc(t *testing.T) {
	o := options()
	var why error
	o.Ready = func() error { return why }
	tel := New(o)
	if w := get(t, tel, "/readyz"); w.Code != http.StatusOK {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	why = errors.New("no provider is configured")
	if w := get(t, tel, "/readyz"); w.Code != http.StatusServiceUnavailable || w.Body.String() != "no provider is configured\n" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}

func TestLint(t *testing.T) {
	tel := New(options())
	tel.Ended(report(nil))
	problems, err := testutil.GatherAndLint(tel.metrics)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}
