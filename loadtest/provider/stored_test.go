package provider_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"tidegate/loadtest/provider"
)

// A response can be asked for again by its id, as it was or as a stream.
func TestStored(t *testing.T) {
	s := start(t, provider.Options{History: 12})
	c := client(t, 1)
	a := apis["responses"]
	_, events, err := a.call(t, c, s.URL(), a.path, "tokens=5&reasoning=2", a.body+a.tools+a.stream+"}")
	if err != nil {
		t.Fatal(err)
	}
	calls := s.Calls()
	url := s.URL() + "/v1/responses/resp_" + calls[0].ID
	ask := func(method, url string, status int) string {
		t.Helper()
		r, err := http.NewRequestWithContext(patience(t), method, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != status {
			t.Errorf("%s %s: %s %v %s", method, url, resp.Status, err, body)
		}
		return string(body)
	}
	var first, again said
	for _, p := range payloads(events) {
		first.event(t, p)
	}
	again.event(t, ask("GET", url, 200))
	if again != first || first.arguments != `{"input":"`+provider.Text(5)+`"}` {
		t.Errorf("stored %+v, was %+v", again, first)
	}
	if got := ask("GET", url+"?stream=true", 200); got != string(events) {
		t.Errorf("another stream: %s", got)
	}
	rest := bytes.Join(bytes.SplitAfter(events, []byte("\n\n"))[4:], nil)
	if got := ask("GET", url+"?stream=true&starting_after=3", 200); got != string(rest) {
		t.Errorf("after the fourth event: %s", got)
	}
	ask("GET", url+"?stream=true&starting_after=x", 400)
	if got := ask("GET", url+"/input_items", 200); !strings.Contains(got, `"object":"list"`) {
		t.Error(got)
	}
	for method, path := range map[string]string{"POST": "/cancel", "GET": ""} {
		ask("POST", url+"/cancel", 200)
		if got := ask(method, url+path, 200); !strings.Contains(got, `"status":"cancelled"`) {
			t.Error(got)
		}
	}
	if got := ask("DELETE", url, 200); !strings.Contains(got, `"deleted":true`) {
		t.Error(got)
	}
	ask("GET", url, 404)
	ask("GET", s.URL()+"/v1/responses/unknown", 404)
}
