package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"tidegate/internal/config"
)

// The page is there where only this machine reaches it, and where it was asked
// for; nowhere does it stand in the way of the API.
func TestPlayground(t *testing.T) {
	off := false
	for _, c := range []struct {
		name   string
		config func(*config.Config)
		status int
		says   string
	}{
		{"by default", nil, http.StatusOK, "<title>Tidegate playground</title>"},
		{"switched off", func(c *config.Config) { c.Playground = &off }, http.StatusNotFound, "unknown_path"},
		{"for others", func(c *config.Config) { c.Listen, c.Auth = ":8080", config.AuthNone }, http.StatusNotFound, "unknown_path"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := start(t, setup{config: c.config})
			resp, err := h.http.Get("http://" + h.addr + "/")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != c.status || !strings.Contains(string(body), c.says) {
				t.Errorf("status %d, %.200q, %v", resp.StatusCode, body, err)
			}
			h.works(t)
		})
	}
}
