package provider_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"tidegate/loadtest/provider"
)

// Errors as each API says them: by a status, inside a 200, in a stream.
func TestErrorsOfEveryAPI(t *testing.T) {
	s := start(t, provider.Options{})
	c := client(t, 1)
	for name, want := range map[string]struct {
		status               map[int]string
		body, event, outlast string
		header               string
	}{
		"chat": {
			status: map[int]string{401: `"code":"invalid_api_key"`, 429: `"type":"requests"`, 500: `"type":"server_error"`},
			body:   `"type":"server_error"`, event: "data: {\"error\":{", outlast: "data: [DONE]\n\n", header: "X-Request-Id",
		},
		"responses": {
			status: map[int]string{401: `"code":"invalid_api_key"`, 429: `"type":"requests"`, 500: `"type":"server_error"`},
			body:   `"type":"server_error"`, event: "event: error\ndata: {\"type\":\"error\",\"code\":", outlast: `"status":"failed"`,
			header: "X-Request-Id",
		},
		"messages": {
			status: map[int]string{401: "authentication_error", 403: "permission_error", 404: "not_found_error",
				429: "rate_limit_error", 500: "api_error", 529: "overloaded_error"},
			body: `{"type":"error","error":{"type":"api_error"`, event: "event: error\ndata: {\"type\":\"error\",\"error\":{",
			outlast: "event: message_stop\n", header: "Request-Id",
		},
		"gemini": {
			status: map[int]string{400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
				429: "RESOURCE_EXHAUSTED", 500: `"code":500`, 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED"},
			body: `"status":"INTERNAL"`, event: "data: {\"error\":{\"code\":503,", header: "Date",
		},
	} {
		a := apis[name]
		get := func(script string) (*http.Response, string) {
			t.Helper()
			resp, got, err := a.call(t, c, s.URL(), a.path, script, a.body+a.stream+"}")
			if err != nil || resp.Header.Get(want.header) == "" {
				t.Errorf("%s, %s: %v %v", name, script, err, resp.Header)
			}
			return resp, string(got)
		}
		for status, sign := range want.status {
			if resp, got := get("retry_after=3&status=" + strconv.Itoa(status)); resp.StatusCode != status ||
				!strings.Contains(got, sign) || resp.Header.Get("Retry-After") != "3" {
				t.Errorf("%s: %s %s, want %d %s", name, resp.Status, got, status, sign)
			}
		}
		resp, got := get("fault=error_body")
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json" || !strings.Contains(got, want.body) {
			t.Errorf("%s: %s %s, want an error inside a 200", name, resp.Status, got)
		}
		if _, got = get("fault=error_event"); !strings.HasPrefix(got, want.event) || strings.Count(got, "\n\n") != 1 ||
			!strings.Contains(got, "scripted_fault") {
			t.Errorf("%s: %s, want an error as the first event", name, got)
		}
		_, got = get("tokens=4&fault=error_then_done&at=-1")
		if at := strings.Index(got, want.event); at < 1 || !strings.Contains(got[at:], want.outlast) {
			t.Errorf("%s: %s, want an error and what comes after", name, got)
		}
	}
}

func TestAnthropicVersion(t *testing.T) {
	s := start(t, provider.Options{})
	resp, got, _ := read(t, client(t, 1), s.URL()+"/v1/messages", "", `{"model":"m"}`)
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(got), "anthropic-version") {
		t.Errorf("%s %s", resp.Status, got)
	}
}

func TestCounts(t *testing.T) {
	s := start(t, provider.Options{})
	for path, want := range map[string]string{
		"/v1/messages/count_tokens":    `{"input_tokens":4}`,
		"/v1/models/m:countTokens":     `{"totalTokens":4,"promptTokensDetails":[{"modality":"TEXT","tokenCount":4}]}`,
		"/v1beta/models/m:countTokens": `{"totalTokens":4,"promptTokensDetails":[{"modality":"TEXT","tokenCount":4}]}`,
	} {
		if resp, got, err := read(t, client(t, 1), s.URL()+path, "", `{"model":"m"}`); err != nil || string(got) != want {
			t.Errorf("%s: %v %s %s", path, err, resp.Status, got)
		}
	}
}

func TestGeminiRefusals(t *testing.T) {
	s := start(t, provider.Options{})
	for path, want := range map[string]int{
		"m:streamGenerateContent": 400, // without alt=sse it would be an array
		"m:embedContent":          404,
		"m":                       400,
	} {
		if resp, got, _ := read(t, client(t, 1), s.URL()+"/v1beta/models/"+path, "", `{}`); resp.StatusCode != want ||
			!strings.Contains(string(got), `"error":{"code":`+strconv.Itoa(want)) {
			t.Errorf("%s: %s %s", path, resp.Status, got)
		}
	}
	// A name with a slash and a script, as it comes through a gateway.
	path := "/v1beta/models/tuned%2Fscript:tokens=3,seed=1?tokens=2:generateContent"
	if resp, got, _ := read(t, client(t, 1), s.URL()+strings.Replace(path, "?", "%3F", 1), "", `{}`); resp.StatusCode != 200 ||
		!strings.Contains(string(got), provider.Text(2)+`"`) || !strings.Contains(string(got), `"modelVersion":"tuned/script:tokens=3,seed=1"`) {
		t.Errorf("%s %s", resp.Status, got)
	}
}

// A long answer is not held in memory: what would have to be is refused.
func TestTooLongToRepeat(t *testing.T) {
	s := start(t, provider.Options{})
	for name, a := range apis {
		want := 200
		body := a.body + a.tools + a.stream + "}"
		if name == "responses" || name == "gemini" {
			want = 400
		}
		resp, _, _ := a.call(t, client(t, 1), s.URL(), a.path, "tokens=100001&fault=end&at=3", body)
		if resp.StatusCode != want {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
}

// Tools that must not be called are not.
func TestForbiddenTools(t *testing.T) {
	s := start(t, provider.Options{})
	for name, choice := range map[string]string{
		"chat":      `,"tool_choice":"none"`,
		"responses": `,"tool_choice":"none"`,
		"messages":  `,"tool_choice":{"type":"none"}`,
		"gemini":    `,"toolConfig":{"functionCallingConfig":{"mode":"NONE"}}`,
	} {
		a := apis[name]
		var heard said
		_, got, err := a.call(t, client(t, 1), s.URL(), a.whole, "tokens=2", a.body+a.tools+choice+"}")
		if heard.event(t, string(got)); err != nil || heard.text != provider.Text(2) || heard.tool != "" {
			t.Errorf("%s: %v %s", name, err, got)
		}
	}
}
