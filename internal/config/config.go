// Package config reads the gateway's configuration: strict YAML, in which every
// mistake is shown with its field, line, column and a caret, as many at once as
// there are. example.yaml is the full reference.
//
// No error or log line shows a value that may be a secret: keys, hashes, extra
// headers, values of unknown fields, and what an environment variable holds.
package config

import (
	"time"

	"tidegate/internal/auth"
)

// Config is a whole configuration. Made by Load, Parse or FromEnv it is valid
// and complete: defaults are filled in and environment variables expanded. Call
// Validate after changing it. It is plain data: any number of goroutines may
// read it while none writes. Printing it shows no secret.
type Config struct {
	// Listen is the host:port for apps and browsers. Default 127.0.0.1:8080.
	// Without a host it is every interface of the machine.
	Listen string `yaml:"listen"`
	// Admin is the host:port for metrics, health and debugging. Default
	// 127.0.0.1:9090. It asks for no key, so whoever reaches it reads them.
	Admin string `yaml:"admin"`
	// KeepAlive is how long the gateway believes in a silent consumer: the
	// heartbeat's interval, the stall clock's limit and how long a detached
	// stream waits. 100 ms to 1 h, default 15 s. Shorter cancels clients that
	// only pause; longer pays for tokens that nobody reads.
	KeepAlive time.Duration `yaml:"keep_alive"`
	// Auth is who may call: AuthKeys, AuthNone, or empty (the default) for keys
	// if there are any, and else anyone, on loopback only.
	Auth string `yaml:"auth"`
	// Drain is how long running streams may finish at shutdown, 0 to 1 h,
	// default 30 s. Keep it below the time after which the process is killed,
	// else the streams that remain end without their last record.
	Drain time.Duration `yaml:"drain"`
	// Providers are the model providers by name, one at least. Names have up to
	// 64 letters, digits, "-", "_" and ".": they are metric labels.
	Providers map[string]Provider `yaml:"providers"`
	// Models lead the model names that clients ask for to providers. AnyModel is
	// every name not listed.
	Models map[string]Route `yaml:"models"`
	// Failover bounds the search for a provider that answers.
	Failover Failover `yaml:"failover"`
	// Origins are the pages that may come without a key, with a ticket or where
	// auth is none: scheme://host[:port] as browsers send it, 1,000 at most, or
	// "*" for any, also for clients that send none. The gateway's own pages on
	// localhost or an address need no entry. None by default: then only those.
	Origins []string `yaml:"origins"`
	// Playground is whether the gateway shows a page at / on which the protocol
	// can be tried and watched. Whoever reaches Listen can load it; to call a
	// model it asks for a key where keys are asked for. Nil, the default: if
	// Listen is a loopback address.
	Playground *bool `yaml:"playground"`
	// Stream bounds what one stream may hold, and how many there are.
	Stream Stream `yaml:"stream"`
	// Limits bound what clients may send and hold.
	Limits Limits `yaml:"limits"`
	// Keys are the client keys. None by default; at most auth.MaxKeys.
	Keys []Key `yaml:"keys"`
	// Log is what the log shows.
	Log Log `yaml:"log"`

	// notes are warnings about things that no field shows.
	notes []string
}

// Values of Config.Auth.
const (
	AuthKeys = "keys" // a call needs one of the configured keys
	AuthNone = "none" // anyone who reaches the listener may call
)

// Key is a client key: a name for its owner, and its hash.
type Key struct {
	// Name is the principal that calls with the key, up to 64 printable
	// characters without spaces, unique. It appears in logs.
	Name string `yaml:"name"`
	// Hash is what auth.NewKey made with the key.
	Hash Secret `yaml:"hash"`
}

// Log is what the log shows.
type Log struct {
	// Level is the least severity that is logged: debug, info (the default),
	// warn or error.
	Level string `yaml:"level"`
	// Format is text (the default) or json.
	Format string `yaml:"format"`
}

// ClientKeys returns what decides who may call: the configured keys, or
// everybody where Auth says so or, with Auth empty, where there are no keys.
// The error is NewKeys's; a valid configuration has none.
func (c *Config) ClientKeys() (*auth.Keys, error) {
	if c.Auth == AuthNone || c.Auth == "" && len(c.Keys) == 0 {
		return auth.Open(), nil
	}
	entries := make([]auth.Entry, len(c.Keys))
	for i, k := range c.Keys {
		entries[i] = auth.Entry{Name: k.Name, Hash: k.Hash.Reveal()}
	}
	return auth.NewKeys(entries)
}
