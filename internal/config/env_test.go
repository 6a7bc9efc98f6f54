package config

import (
	"errors"
	"strings"
	"testing"
)

func TestFromEnv(t *testing.T) {
	for _, tc := range []struct {
		name, url string
		env       map[string]string
		provider  string
		base      string
		key       Secret
		warnings  int
	}{
		{"key", "", map[string]string{"OPENAI_API_KEY": secret}, "openai", "https://api.openai.com/v1", secret, 0},
		{"key and URL in env", "", map[string]string{"OPENAI_API_KEY": secret, "OPENAI_BASE_URL": "https://h/v1/"}, "openai", "https://h/v1", secret, 0},
		{"empty URL in env", "", map[string]string{"OPENAI_API_KEY": secret, "OPENAI_BASE_URL": ""}, "openai", "https://api.openai.com/v1", secret, 0},
		{"URL given", "http://127.0.0.1:1/v1", nil, "default", "http://127.0.0.1:1/v1", "", 0},
		// The key belongs to another address: it must not go to this one.
		{"URL given, key in env", "http://h/v1", map[string]string{"OPENAI_API_KEY": secret}, "default", "http://h/v1", "", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := FromEnv(tc.url, vars(tc.env))
			if err != nil {
				t.Fatal(err)
			}
			p, ok := c.Providers[tc.provider]
			if !ok || len(c.Providers) != 1 || p.BaseURL != tc.base || p.APIKey != tc.key {
				t.Errorf("providers %+v", c.Providers)
			}
			if to, _, ok := c.Target(c.Models[AnyModel][0].To); !ok || to != tc.provider {
				t.Errorf("models %v", c.Models)
			}
			if got := c.Warnings(); len(got) != tc.warnings {
				t.Errorf("warnings %q, want %d", got, tc.warnings)
			}
			if !isLoopback(c.Listen) || !isLoopback(c.Admin) {
				t.Errorf("listens on %s and %s", c.Listen, c.Admin)
			}
		})
	}
}

func TestFromEnvRefuses(t *testing.T) {
	for _, env := range []map[string]string{nil, {"OPENAI_API_KEY": ""}, {"OPENAI_BASE_URL": "http://h"}} {
		if _, err := FromEnv("", vars(env)); !errors.Is(err, ErrNoProvider) {
			t.Errorf("%v: err = %v, want %v", env, err, ErrNoProvider)
		}
	}
	for _, env := range []map[string]string{{"OPENAI_API_KEY": secret + "\n"}, {"OPENAI_API_KEY": secret, "OPENAI_BASE_URL": "https://u:" + secret + "@h"}} {
		_, err := FromEnv("", vars(env))
		if !errors.Is(err, ErrInvalid) || strings.Contains(err.Error(), secret) {
			t.Errorf("err = %v, want %v without the secret", err, ErrInvalid)
		}
	}
}
