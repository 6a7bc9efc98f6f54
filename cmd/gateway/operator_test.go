package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tidegate/internal/config"
	"tidegate/loadtest/provider"
)

// The log says why a provider could not be reached, and who else has failed;
// what was refused is no stream that broke.
func TestLogSaysWhoFailedAndHow(t *testing.T) {
	h := start(t, setup{config: func(c *config.Config) {
		dead := config.DefaultProvider()
		dead.BaseURL = "http://" + loopbackAddr(t) + "/v1"
		c.Providers["dead"] = dead
		c.Models["dead"] = config.To("dead")
		c.Models["both"] = config.To("dead", "default/m?status=503")
		c.Models["next"] = config.To("dead", "default/m?tokens=2")
		c.Models["wrong"] = config.To("default/m?status=400")
	}})
	for i, want := range []struct{ model, reason, cause, code, failed string }{
		{"dead", "upstream_error", "refused", "upstream_unreachable", "dead:unreachable:refused"},
		{"both", "upstream_error", "", "upstream_status", "dead:unreachable:refused default:failed:503"},
		{"next", "complete", "", "", "dead:unreachable:refused"},
		{"wrong", "upstream_error", "", "upstream_status", ""},
	} {
		h.post(t, chatPath, chat(want.model))
		l := h.log.call(t, i+1)
		for field, want := range map[string]string{
			"reason": want.reason, "cause": want.cause, "code": want.code, "failed": want.failed, "asked": want.model, "model": want.model,
		} {
			if l.text(field) != want {
				t.Errorf("%s: %s is %q, want %q", l.text("model"), field, l.text(field), want)
			}
		}
	}
	m := h.scrape(t)
	if n := m.value(t, "tidegate_streams_ended_total", `reason="upstream_error"`); n != 0 {
		t.Errorf("%v streams broke, where calls were refused", n)
	}
	if n := m.value(t, "tidegate_streams_ended_total", `reason="complete"`); n != 1 {
		t.Errorf("%v streams were complete, want 1", n)
	}
}

// A whole answer that is cut: as an error while that can be said, then as an
// aborted connection, and with the same code in the log.
func TestLogOfCutAnswer(t *testing.T) {
	h := start(t, setup{config: func(c *config.Config) {
		cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			size := 20_000
			if body, _ := io.ReadAll(r.Body); strings.Contains(string(body), `"long"`) {
				size = 70_000
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100000")
			_, _ = io.WriteString(w, strings.Repeat(" ", size)) // and no more
		}))
		t.Cleanup(cut.Close)
		everyProvider(c, func(p *config.Provider) { p.BaseURL = cut.URL + "/v1" })
	}})
	for i, model := range []string{"short", "long"} {
		a := h.post(t, chatPath, `{"model":"`+model+`","messages":[]}`)
		if model == "short" {
			checkFailure(t, a, http.StatusBadGateway, "upstream_truncated.cut", "in the middle")
		} else if a.status != http.StatusOK || a.err == nil {
			t.Errorf("%s: status %d, %v", model, a.status, a.err)
		}
		if l := h.log.call(t, i+1); l.text("code") != "upstream_truncated.cut" {
			t.Errorf("log: %v", l)
		}
	}
}

// A provider that fails shows as long as nobody has seen it answer, also where
// nobody calls.
func TestBreakerOfQuietRoute(t *testing.T) {
	h := start(t, setup{config: func(c *config.Config) {
		everyProvider(c, func(p *config.Provider) {
			p.Breaker = config.Breaker{Failures: 1, Window: time.Hour, OpenFor: 100 * time.Millisecond}
		})
	}})
	h.post(t, chatPath, chat("m?status=500"))
	h.scrapeUntil(t, "a breaker whose time is over", func(m metrics) bool { return m.value(t, "tidegate_breaker_state") == 1 })
	h.works(t)
	h.scrapeUntil(t, "a closed breaker", func(m metrics) bool { return m.value(t, "tidegate_breaker_state") == 0 })
}

// A call that no provider was asked for has no provider's reason.
func TestLogOfOpenBreaker(t *testing.T) {
	h := start(t, setup{config: func(c *config.Config) {
		everyProvider(c, func(p *config.Provider) {
			p.Breaker = config.Breaker{Failures: 1, Window: time.Hour, OpenFor: time.Hour}
		})
	}})
	h.post(t, chatPath, chat("m?status=500"))
	h.log.call(t, 1)
	h.post(t, chatPath, chat("m"))
	l := h.log.call(t, 2)
	if l.text("code") != "breaker_open" || l.text("reason") != "" || l.number("tries") != 0 || l.text("failed") != "default:open" {
		t.Errorf("log: %v", l)
	}
}

// With "*" the log says which model was meant, and metrics do not: anybody can
// make up names. What can be called is there when it is asked for.
func TestAnyModel(t *testing.T) {
	h := start(t, setup{})
	name := "named" + strings.Repeat("x", 500)
	h.post(t, chatPath, chat(name+"?tokens=2"))
	l := h.log.call(t, 1)
	if asked := l.text("asked"); l.text("model") != "*" || asked != name[:128]+"..." {
		t.Errorf("log: model %q, asked %q", l.text("model"), asked)
	}
	if strings.Contains(string(h.scrape(t)), "named") {
		t.Error("a name that a client made up is in the metrics")
	}
	for _, path := range []string{"/v1/models/foo", "/v1/models/some/foo", "/v1beta/models/foo"} {
		resp, err := h.http.Get("http://" + h.addr + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d, though it can be called", path, resp.StatusCode)
		}
	}
}

// Without "*" only what is configured is there.
func TestOnlyConfiguredModels(t *testing.T) {
	h := start(t, setup{config: func(c *config.Config) { c.Models = map[string]config.Route{"m": c.Models[config.AnyModel]} }})
	for name, want := range map[string]int{"m": http.StatusOK, "foo": http.StatusNotFound} {
		resp, err := h.http.Get("http://" + h.addr + "/v1/models/" + name)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: status %d, want %d", name, resp.StatusCode, want)
		}
	}
	h.post(t, chatPath, chat("foo"))
	if l := h.log.call(t, 1); l.text("code") != "model_not_found" || l.text("asked") != "foo" {
		t.Errorf("log: %v", l)
	}
	h.await(t, "no call", func(s provider.Stats) bool { return s.Calls == 0 })
}
