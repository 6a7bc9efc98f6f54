package config

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// provided is what a test compares of a provider.
type provided struct {
	api, base string
	key       Secret
}

func TestFromEnv(t *testing.T) {
	openai := provided{"openai", "https://api.openai.com/v1", "1" + secret}
	anthropic := provided{"anthropic", "https://api.anthropic.com/v1", "2" + secret}
	gemini := provided{"gemini", "https://generativelanguage.googleapis.com/v1beta", "3" + secret}
	at := func(p provided, base string) provided { p.base = base; return p }
	for _, tc := range []struct {
		name, url string
		env       map[string]string
		want      map[string]provided
		route     []string
		warnings  int
	}{
		{"OpenAI's key", "", map[string]string{"OPENAI_API_KEY": string(openai.key)},
			map[string]provided{"openai": openai}, []string{"openai"}, 0},
		{"and URL", "", map[string]string{"OPENAI_API_KEY": string(openai.key), "OPENAI_BASE_URL": "https://h/v1/"},
			map[string]provided{"openai": at(openai, "https://h/v1")}, []string{"openai"}, 0},
		{"an empty URL", "", map[string]string{"OPENAI_API_KEY": string(openai.key), "OPENAI_BASE_URL": ""},
			map[string]provided{"openai": openai}, []string{"openai"}, 0},
		{"Anthropic's key", "", map[string]string{"ANTHROPIC_API_KEY": string(anthropic.key)},
			map[string]provided{"anthropic": anthropic}, []string{"anthropic"}, 0},
		{"and URL", "", map[string]string{"ANTHROPIC_API_KEY": string(anthropic.key), "ANTHROPIC_BASE_URL": "https://h/anthropic/"},
			map[string]provided{"anthropic": at(anthropic, "https://h/anthropic/v1")}, []string{"anthropic"}, 0},
		{"Gemini's key", "", map[string]string{"GEMINI_API_KEY": string(gemini.key)},
			map[string]provided{"gemini": gemini}, []string{"gemini"}, 0},
		{"Google's, which wins", "", map[string]string{"GOOGLE_API_KEY": string(gemini.key), "GEMINI_API_KEY": secret},
			map[string]provided{"gemini": gemini}, []string{"gemini"}, 0},
		{"and URL", "", map[string]string{"GEMINI_API_KEY": string(gemini.key), "GOOGLE_GEMINI_BASE_URL": "https://h"},
			map[string]provided{"gemini": at(gemini, "https://h/v1beta")}, []string{"gemini"}, 0},
		{"all", "", map[string]string{"GEMINI_API_KEY": string(gemini.key), "OPENAI_API_KEY": string(openai.key), "ANTHROPIC_API_KEY": string(anthropic.key)},
			map[string]provided{"openai": openai, "anthropic": anthropic, "gemini": gemini}, []string{"openai", "anthropic", "gemini"}, 0},
		{"URL given", "http://127.0.0.1:1/v1", nil,
			map[string]provided{"default": {"openai", "http://127.0.0.1:1/v1", ""}}, []string{"default"}, 0},
		// Keys belong to other addresses: they must not go to this one.
		{"URL given, keys in env", "http://h/v1", map[string]string{"OPENAI_API_KEY": secret, "ANTHROPIC_API_KEY": secret, "GEMINI_API_KEY": secret},
			map[string]provided{"default": {"openai", "http://h/v1", ""}}, []string{"default"}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := FromEnv(tc.url, vars(tc.env))
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]provided{}
			for name, p := range c.Providers {
				got[name] = provided{p.API, p.BaseURL, p.APIKey}
			}
			if !maps.Equal(got, tc.want) {
				t.Errorf("providers %v", c.Providers)
			}
			var route []string
			for _, target := range c.Models[AnyModel] {
				route = append(route, target.To)
			}
			if !slices.Equal(route, tc.route) || len(c.Models) != 1 {
				t.Errorf("models %v", c.Models)
			}
			if got := c.Warnings(); len(got) != tc.warnings || strings.Contains(strings.Join(got, ""), secret) {
				t.Errorf("warnings %q, want %d", got, tc.warnings)
			}
			if !isLoopback(c.Listen) || !isLoopback(c.Admin) {
				t.Errorf("listens on %s and %s", c.Listen, c.Admin)
			}
		})
	}
}

func TestFromEnvRefuses(t *testing.T) {
	for _, env := range []map[string]string{nil, {"OPENAI_API_KEY": ""}, {"OPENAI_BASE_URL": "http://h"}, {"GOOGLE_API_KEY": "", "ANTHROPIC_BASE_URL": "http://h"}} {
		if _, err := FromEnv("", vars(env)); !errors.Is(err, ErrNoProvider) {
			t.Errorf("%v: err = %v, want %v", env, err, ErrNoProvider)
		}
	}
	for _, env := range []map[string]string{
		{"OPENAI_API_KEY": secret + "\n"},
		{"OPENAI_API_KEY": secret, "OPENAI_BASE_URL": "https://u:" + secret + "@h"},
		{"ANTHROPIC_API_KEY": "key", "ANTHROPIC_BASE_URL": "https://h?key=" + secret},
	} {
		_, err := FromEnv("", vars(env))
		if !errors.Is(err, ErrInvalid) || strings.Contains(err.Error(), secret) {
			t.Errorf("err = %v, want %v without the secret", err, ErrInvalid)
		}
	}
}
