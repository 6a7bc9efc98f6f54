package config

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a text that is never shown: every way of fmt, log/slog and
// encoding/json to print it gives "[secret]", or nothing if it is empty.
type Secret string

// Reveal returns the secret itself, for sending it to whom it is for.
func (s Secret) Reveal() string { return string(s) }

// String returns a stand-in.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[secret]"
}

// Format writes the stand-in for every verb. String alone is not enough: %d
// and %#v print a string's content without asking it.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue returns the stand-in.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText returns the stand-in, so that a configuration shown as JSON or
// YAML keeps its secrets.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
