package provider

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestEvents(t *testing.T) {
	for body, want := range map[string][]string{
		"":                               nil,
		"data: a\n\ndata: b\n\n":         {"data: a\n\n", "data: b\n\n"},
		"data: a\r\n\r\ndata: b\r\n\r\n": {"data: a\r\n\r\n", "data: b\r\n\r\n"},
		"data: a\r\rdata: b\r\r":         {"data: a\r\r", "data: b\r\r"},
		"data: a\n\r\ndata: b\r\n\n":     {"data: a\n\r\n", "data: b\r\n\n"},
		"event: x\ndata: a\n\ndata: b":   {"event: x\ndata: a\n\n", "data: b"},
		"data: a\ndata: b\n":             {"data: a\ndata: b\n"},
		"\n\ndata: a\n\n":                {"\n\n", "data: a\n\n"},
	} {
		var got []string
		for _, e := range events([]byte(body)) {
			got = append(got, string(e))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", body, got, want)
		}
	}
}

func TestEventsJoinToBody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := []byte(rapid.StringOf(rapid.SampledFrom([]rune("ad:\r\n"))).Draw(t, "body"))
		if got := bytes.Join(events(body), nil); !bytes.Equal(got, body) {
			t.Fatalf("got %q", got)
		}
	})
}
