package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHandler(t *testing.T) {
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/v1/tickets" || r.Header.Get("Authorization") != "Bearer key" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, `{"ticket":"v1.t","expires_in_ms":60000}`)
	}))
	defer gateway.Close()
	const library = "../../web/client/dist/tidegate.js"
	for _, test := range []struct {
		key, method, path string
		status            int
		says              string
	}{
		{"key", "GET", "/", 200, `from "./tidegate.js"`},
		{"key", "GET", "/tidegate.js", 200, "createClient"},
		{"key", "POST", "/ticket", 200, "v1.t"},
		{"key", "GET", "/ticket", 405, ""}, // another site's page could have it loaded
		{"wrong", "POST", "/ticket", 502, "there is no ticket"},
	} {
		w := httptest.NewRecorder()
		handler(gateway.URL, test.key, library).ServeHTTP(w, httptest.NewRequest(test.method, test.path, nil))
		if w.Code != test.status || !strings.Contains(w.Body.String(), test.says) {
			t.Errorf("%+v: %d %q", test, w.Code, w.Body)
		}
	}
}

// The page calls the gateway that its backend was told of.
func TestPageKnowsTheGateway(t *testing.T) {
	w := httptest.NewRecorder()
	handler("http://gateway.example:7/<x>", "", "").ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if text := w.Body.String(); !strings.Contains(text, `url: "http://gateway.example:7/\u003cx\u003e"`) || strings.Contains(text, "127.0.0.1") {
		t.Errorf("the page: %s", text)
	}
}
