package config

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tidegate/internal/auth"
)

// paths returns the fields that Validate complains about.
func paths(t *testing.T, c *Config) string {
	t.Helper()
	err := c.Validate()
	if err == nil {
		return ""
	}
	var invalid *Error
	if !errors.As(err, &invalid) {
		t.Fatalf("%T: %v", err, err)
	}
	var out []string
	for _, p := range invalid.Problems {
		if p.Line != 0 || p.Excerpt != "" {
			t.Errorf("a position without a file: %+v", p)
		}
		out = append(out, p.Path)
	}
	return strings.Join(out, " ")
}

func TestDefaultNeedsAProviderAndAModel(t *testing.T) {
	if got := paths(t, Default()); got != "providers models" {
		t.Fatalf("invalid: %q", got)
	}
}

// Each change to a valid configuration makes exactly these fields invalid.
func TestValidate(t *testing.T) {
	_, hash := auth.NewKey()
	for _, tc := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"nothing", func(*Config) {}, ""},
		{"reachable without keys", func(c *Config) { c.Listen = ":8080" }, "listen"},
		{"reachable by name without keys", func(c *Config) { c.Listen = "example.com:8080" }, "listen"},
		{"reachable, auth none", func(c *Config) { c.Listen, c.Auth = ":8080", AuthNone }, ""},
		{"reachable, with a key", func(c *Config) { c.Listen, c.Keys = ":8080", []Key{{"a", Secret(hash)}} }, ""},
		{"auth keys without keys", func(c *Config) { c.Auth = AuthKeys }, "auth"},
		{"auth keys without keys, reachable", func(c *Config) { c.Auth, c.Listen = AuthKeys, ":8080" }, "auth"},
		{"admin reachable", func(c *Config) { c.Admin = ":9090" }, ""},
		{"one address for both", func(c *Config) { c.Admin = c.Listen }, "admin"},
		{"any port for both", func(c *Config) { c.Listen, c.Admin = "127.0.0.1:0", "127.0.0.1:0" }, ""},
		{"too many keys", func(c *Config) { c.Keys = make([]Key, auth.MaxKeys+1) }, "keys"},
		{"no keep-alive", func(c *Config) { c.KeepAlive = 0 }, "keep_alive"},
		{"buffer below", func(c *Config) { c.Stream.Buffer = KiB - 1 }, "stream.buffer"},
		{"buffer lowest", func(c *Config) { c.Stream.Buffer = KiB }, ""},
		{"buffer highest", func(c *Config) { c.Stream.Buffer = MiB }, ""},
		{"buffer above", func(c *Config) { c.Stream.Buffer = MiB + 1 }, "stream.buffer"},
		{"event below the buffer", func(c *Config) { c.Stream.MaxEvent = 4*KiB - 1 }, "stream.max_event"},
		{"sum below an event", func(c *Config) { c.Stream.OversizeTotal = 8*MiB - 1 }, "stream.oversize_total"},
		{"bodies below a body", func(c *Config) { c.Limits.RequestBodiesTotal = MiB }, "limits.request_bodies_total"},
		{"all limits zero", func(c *Config) { c.Limits = Limits{} }, "limits.request_body limits.request_bodies_total limits.request_header limits.header_timeout limits.body_timeout limits.idle_timeout limits.connections limits.streams_per_connection limits.stored_responses"},
		{"all of stream zero", func(c *Config) { c.Stream = Stream{} }, "stream.buffer stream.max_event stream.oversize_total stream.max stream.retain stream.retained"},
		{"zero log", func(c *Config) { c.Log = Log{} }, "log.level log.format"},
		{"name with a slash", func(c *Config) { c.Providers["a/b"] = c.Providers["p"] }, `providers."a/b"`},
		{"model with a line break", func(c *Config) { c.Models["a\nb"] = To("p") }, `models."a�b"`},
		{"nowhere", func(c *Config) { c.Models["a"] = nil }, "models.a"},
		{"second of two", func(c *Config) { c.Models["a"] = To("p", "q") }, "models.a[1]"},
		{"too many targets", func(c *Config) { c.Models["a"] = To(slices.Repeat([]string{"p"}, MaxTargets+1)...) }, "models.a"},
		{"weight below", func(c *Config) { c.Models["a"] = Route{{To: "p", Weight: -1}} }, "models.a.weight"},
		{"weight above", func(c *Config) { c.Models["a"] = Route{{To: "p"}, {To: "p", Weight: 1001}} }, "models.a[1].weight"},
		{"no failover", func(c *Config) { c.Failover = Failover{} }, "failover.tries failover.time"},
		{"rename to a space", func(c *Config) { c.Models["a"] = To("p/ ") }, "models.a"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := mustParse(t, minimal, nil)
			tc.change(c)
			got := paths(t, c)
			if tc.name == "too many keys" {
				got, _, _ = strings.Cut(got, " ")
			}
			if got != tc.want {
				t.Fatalf("invalid: %q, want %q", got, tc.want)
			}
		})
	}
}

func TestClientKeys(t *testing.T) {
	key, hash := auth.NewKey()
	c := mustParse(t, minimal, nil)
	for _, tc := range []struct {
		name, mode string
		keys       []Key
		with, bare error
	}{
		{"no keys", "", nil, nil, nil},
		{"keys", "", []Key{{"a", Secret(hash)}}, nil, auth.ErrMissing},
		{"keys asked for", AuthKeys, []Key{{"a", Secret(hash)}}, nil, auth.ErrMissing},
		{"keys not asked for", AuthNone, []Key{{"a", Secret(hash)}}, nil, nil},
		// Not valid, but if it came so far it must refuse.
		{"keys asked for, none there", AuthKeys, nil, auth.ErrUnknown, auth.ErrMissing},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c.Auth, c.Keys = tc.mode, tc.keys
			keys, err := c.ClientKeys()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := keys.CheckToken(key); !errors.Is(err, tc.with) {
				t.Errorf("with the key: %v, want %v", err, tc.with)
			}
			if _, err := keys.Check(http.Header{}); !errors.Is(err, tc.bare) {
				t.Errorf("without: %v, want %v", err, tc.bare)
			}
		})
	}
}
