package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"tidegate/internal/auth"
)

// Validate reports what is wrong with a configuration that was changed or made
// in code, as an *Error without lines. Load, Parse and FromEnv have called it.
func (c *Config) Validate() error {
	if problems := c.check(); len(problems) > 0 {
		return newError("", problems)
	}
	return nil
}

// normalize removes differences that mean nothing.
func (c *Config) normalize() {
	for name, p := range c.Providers {
		p.BaseURL = strings.TrimRight(p.BaseURL, "/")
		c.Providers[name] = p
	}
}

// checker collects problems by path.
type checker struct{ found []Problem }

func (k *checker) add(path, format string, args ...any) {
	k.found = append(k.found, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (k *checker) oneOf(path, value string, known ...string) {
	if !slices.Contains(known, value) {
		k.add(path, "must be one of: %s", strings.Join(known, ", "))
	}
}

func between[T cmp.Ordered](k *checker, path string, value, low, high T) {
	if value < low || value > high {
		k.add(path, "must be between %v and %v", low, high)
	}
}

// check finds everything that is wrong with the values.
func (c *Config) check() []Problem {
	k := new(checker)
	c.checkListeners(k)
	between(k, "keep_alive", c.KeepAlive, 100*time.Millisecond, time.Hour)
	between(k, "drain", c.Drain, 0, time.Hour)
	c.checkProviders(k)
	c.checkModels(k)
	between(k, "failover.tries", c.Failover.Tries, 1, MaxTargets)
	between(k, "failover.time", c.Failover.Time, time.Millisecond, 24*time.Hour)
	c.checkOrigins(k)
	c.Stream.check(k)
	c.Limits.check(k)
	c.checkKeys(k)
	k.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	k.oneOf("log.format", c.Log.Format, "text", "json")
	return k.found
}

func (c *Config) checkListeners(k *checker) {
	if c.Auth != "" {
		k.oneOf("auth", c.Auth, AuthKeys, AuthNone)
	}
	if c.Auth == AuthKeys && len(c.Keys) == 0 {
		k.add("auth", `there are no keys: add one, made by "gateway key new", or nobody can call`)
	}
	if err := checkListen(c.Admin); err != nil {
		k.add("admin", "%v", err)
	}
	switch err := checkListen(c.Listen); {
	case err != nil:
		k.add("listen", "%v", err)
	case c.Auth == "" && len(c.Keys) == 0 && !isLoopback(c.Listen):
		k.add("listen", `is reachable from other machines, and there are no client keys: add keys, made by "gateway key new", or listen on 127.0.0.1, or say "auth: none"`)
	case c.Listen == c.Admin && !strings.HasSuffix(c.Admin, ":0"):
		k.add("admin", "must not be the address of listen: metrics and debugging are not for the public")
	}
}

func (c *Config) checkKeys(k *checker) {
	if len(c.Keys) > auth.MaxKeys {
		k.add("keys", "must be at most %d", auth.MaxKeys)
	}
	names, hashes := map[string]int{}, map[string]int{}
	for i, key := range c.Keys {
		path := fmt.Sprintf("keys[%d]", i)
		if first, twice := names[key.Name]; twice {
			k.add(path+".name", "is also that of keys[%d]", first)
		} else if names[key.Name] = i; !IsKeyName(key.Name) {
			k.add(path+".name", "must be 1 to 64 printable characters without spaces")
		}
		hash := strings.ToLower(key.Hash.Reveal())
		if first, twice := hashes[hash]; twice {
			k.add(path+".hash", "is also that of keys[%d]", first)
		} else if hashes[hash] = i; auth.CheckHash(key.Hash.Reveal()) != nil {
			k.add(path+".hash", `must be a hash made by "gateway key new", not a key: "v1:" and 64 hexadecimal digits`)
		}
	}
}

// IsKeyName reports whether a client key may have this name: 1 to 64 printable
// characters without spaces.
func IsKeyName(name string) bool { return isName(name, 64) }

// isName reports whether a name can stand in a log line and in a path.
func isName(name string, most int) bool {
	return name != "" && len(name) <= most && !strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	})
}
