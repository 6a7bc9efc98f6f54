package sdk

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"tidegate/test/harness"
)

// openaiCalls are all of the SDK's calls that a provider answers, by their error
// alone.
func openaiCalls() map[string]func(context.Context, openai.Client, string) error {
	calls := maps.Clone(openaiWhole)
	for api, stream := range openaiStreams {
		calls[api+" streamed"] = func(ctx context.Context, c openai.Client, model string) error {
			_, err := stream(ctx, c, model)
			return err
		}
	}
	return calls
}

// refused fails the test unless err is the SDK's own error with a status.
func refused(t *testing.T, err error, status int) *openai.Error {
	t.Helper()
	e, ok := errors.AsType[*openai.Error](err)
	if !ok || e.StatusCode != status {
		t.Fatalf("got %v, want status %d", err, status)
	}
	if e.Response.Header.Get("X-Request-Id") == "" {
		t.Error("no x-request-id to ask about")
	}
	return e
}

// A provider's refusal comes through with status, message and headers.
func TestOpenAIStatus(t *testing.T) {
	w := newWorld(t, harness.Never, "upstream_error")
	for api, call := range openaiCalls() {
		for _, status := range []int{400, 401, 403, 404, 422, 429, 500, 503} {
			t.Run(api+" "+strconv.Itoa(status), func(t *testing.T) {
				err := call(harness.Patient(t), w.openai(), w.Model("retry_after=7,status="+strconv.Itoa(status)))
				e := refused(t, err, status)
				if want := "Scripted status " + strconv.Itoa(status) + "."; e.Message != want {
					t.Errorf("message %q, want %q", e.Message, want)
				}
				if status == 429 && (e.Code != "rate_limit_exceeded" || e.Type != "requests") {
					t.Errorf("code %q, type %q", e.Code, e.Type)
				}
				if got := e.Response.Header.Get("Retry-After"); got != "7" {
					t.Errorf("Retry-After: %q", got)
				}
			})
		}
	}
}

// A provider that is none is a gateway's error, with a message that says so.
func TestOpenAINoProvider(t *testing.T) {
	w := newWorld(t, harness.Never, "upstream_error")
	for api, call := range openaiCalls() {
		for name, model := range map[string]string{"unreachable": "unreachable", "web page": w.Model("html=1")} {
			t.Run(api+" "+name, func(t *testing.T) {
				e := refused(t, call(harness.Patient(t), w.openai(), model), http.StatusBadGateway)
				if !strings.Contains(e.Message, "provider") || e.Code == "" {
					t.Errorf("message %q, code %q", e.Message, e.Code)
				}
			})
		}
	}
}

func TestOpenAIWrongKey(t *testing.T) {
	w := newWorld(t, harness.Never)
	for api, call := range openaiCalls() {
		for name, key := range map[string]string{"unknown": w.key + "x", "the provider's": providerKey} {
			t.Run(api+" "+name, func(t *testing.T) {
				e := refused(t, call(harness.Patient(t), w.openai(option.WithAPIKey(key)), "any"), http.StatusUnauthorized)
				if e.Message == "" || strings.Contains(e.RawJSON(), key) {
					t.Errorf("body %s", e.RawJSON())
				}
			})
		}
	}
	c := w.openai(option.WithAPIKey(w.key + "x"))
	_, err := c.Models.List(harness.Patient(t))
	if e, ok := errors.AsType[*openai.Error](err); !ok || e.StatusCode != http.StatusUnauthorized {
		t.Errorf("models: %v", err)
	}
	if n := w.Provider.Stats().Calls; n != 0 {
		t.Errorf("%d calls of the provider", n)
	}
}

// The SDK tries again what it takes for passing.
func TestOpenAIRetries(t *testing.T) {
	w := newWorld(t, harness.Never, "upstream_error")
	for status, want := range map[int]int{401: 1, 429: 2, 500: 2} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			model := w.Model("status=" + strconv.Itoa(status))
			_, err := openaiStreams["chat"](harness.Patient(t), w.openai(option.WithMaxRetries(1)), model)
			refused(t, err, status)
			if n := len(w.Calls(model)); n != want {
				t.Errorf("%d calls of the provider, want %d", n, want)
			}
		})
	}
}
