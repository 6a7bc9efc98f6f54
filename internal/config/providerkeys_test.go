package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func keyFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys-"+secret)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestProviderKeys(t *testing.T) {
	for name, c := range map[string]struct {
		provider Provider
		want     []Secret
	}{
		"none":    {Provider{}, nil},
		"one":     {Provider{APIKey: "a"}, []Secret{"a"}},
		"several": {Provider{APIKeys: []Secret{"a", "b"}}, []Secret{"a", "b"}},
		"file":    {Provider{APIKeyFile: keyFile(t, "a\r\n\n  b\nc")}, []Secret{"a", "b", "c"}},
	} {
		if got, err := c.provider.Keys(); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %d keys, %v", name, len(got), err)
		}
	}
}

// Each makes exactly these fields invalid, and no error shows a key or a path.
func TestValidateProviderKeys(t *testing.T) {
	for name, c := range map[string]struct {
		provider Provider
		want     string
	}{
		"two ways":         {Provider{APIKey: "a", APIKeys: []Secret{"b"}}, "providers.p"},
		"line break":       {Provider{APIKeys: []Secret{"a", "b\n"}}, "providers.p.api_keys[1]"},
		"an empty one":     {Provider{APIKeys: []Secret{""}}, "providers.p.api_keys[0]"},
		"too many":         {Provider{APIKeys: slices.Repeat([]Secret{"a"}, MaxProviderKeys+1)}, "providers.p.api_keys"},
		"no file":          {Provider{APIKeyFile: "/nowhere/" + secret}, "providers.p.api_key_file"},
		"an empty file":    {Provider{APIKeyFile: keyFile(t, "\n \n")}, "providers.p.api_key_file"},
		"too large a file": {Provider{APIKeyFile: keyFile(t, strings.Repeat("a\n", maxKeyFile))}, "providers.p.api_key_file"},
		"too many in it":   {Provider{APIKeyFile: keyFile(t, strings.Repeat("a\n", MaxProviderKeys+1))}, "providers.p.api_key_file"},
		"two in a line":    {Provider{APIKeyFile: keyFile(t, secret+" b\n")}, "providers.p.api_key_file"},
		"passed through":   {Provider{PassThrough: true}, ""},
		"own and theirs":   {Provider{PassThrough: true, APIKey: "a"}, "providers.p.pass_through"},
	} {
		t.Run(name, func(t *testing.T) {
			config := mustParse(t, minimal, nil)
			p := config.Providers["p"]
			p.APIKey, p.APIKeys, p.APIKeyFile, p.PassThrough = c.provider.APIKey, c.provider.APIKeys, c.provider.APIKeyFile, c.provider.PassThrough
			config.Providers["p"] = p
			if got := paths(t, config); got != c.want {
				t.Errorf("invalid: %q, want %q", got, c.want)
			}
			if err := config.Validate(); err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("shows a secret: %v", err)
			}
		})
	}
}

// Why a file of keys can't be read is said, and not which one it is.
func TestKeyFileUnreadable(t *testing.T) {
	folder := t.TempDir()
	for path, want := range map[string]string{
		folder + "/none":                        "cannot be read (no such file or directory)",
		folder:                                  "cannot be read (is a directory)",
		keyFile(t, strings.Repeat("k", 65<<10)): "more than 64 KiB",
	} {
		_, err := Provider{APIKeyFile: path}.Keys()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), folder) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// The gateway's own keys must not travel to a provider.
func TestPassThroughNeedsNoKeys(t *testing.T) {
	text := strings.Replace(minimal, "v1\n", "v1\n    pass_through: true\n", 1)
	c := mustParse(t, text, nil)
	c.Keys = []Key{{Name: "app", Hash: "v1:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}}
	if got := paths(t, c); got != "providers.p.pass_through" {
		t.Errorf("with keys: %q", got)
	}
	c.Auth = AuthNone
	if got := paths(t, c); got != "" {
		t.Errorf("auth none: %q", got)
	}
}
