package client

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"tidegate/downstream/wire"
)

// What goes along with a call reaches the gateway over either transport.
func TestCallCarried(t *testing.T) {
	call := Call{
		API: "generateContent", Model: "gemini", Body: []byte(`{"contents":[]}`),
		Headers: map[string]string{"x-goog-user-project": "p", "x-other": `"`},
	}
	check := func(t *testing.T, api, model string, headers map[string]string, body []byte) {
		t.Helper()
		if api != call.API || model != call.Model || !maps.Equal(headers, call.Headers) || string(body) != string(call.Body) {
			t.Errorf("%s %s %v %s", api, model, headers, body)
		}
	}
	opens := func(c *Client) chan error {
		done := make(chan error, 1)
		go func() {
			_, err := c.OpenCall(patience(t), call)
			done <- err
		}()
		return done
	}
	refused := func(t *testing.T, err error) {
		t.Helper()
		var refusal *RefusedError
		if !errors.As(err, &refusal) || refusal.Status != 400 {
			t.Error(err)
		}
	}

	t.Run("WebSocket", func(t *testing.T) {
		g := newGateway(t)
		done := opens(g.client(t, Options{}))
		k := g.accept(t)
		m := k.hear(t, wire.Open)
		check(t, m.API, m.Model, m.Headers, m.Body)
		k.say(t, wire.Message{T: wire.Refused, S: m.S, Status: 400})
		refused(t, <-done)
	})

	t.Run("SSE", func(t *testing.T) {
		said := make(chan []byte, 1)
		g := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body) // what is missing shows below
			said <- body
			w.WriteHeader(http.StatusBadRequest)
		}))
		defer g.Close()
		c, err := New(Options{URL: g.URL, Transport: SSE})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		refused(t, <-opens(c))
		var m struct {
			API, Model string
			Headers    map[string]string
			Body       json.RawMessage
		}
		if err := json.Unmarshal(<-said, &m); err != nil {
			t.Fatal(err)
		}
		check(t, m.API, m.Model, m.Headers, m.Body)
	})
}
