package config

import (
	"errors"
	"fmt"
	"strings"
)

// errReference says that a "${" begins no reference to a variable.
var errReference = errors.New(`"${" must begin ${NAME} or ${NAME:-default}; write "$${" for the characters themselves`)

// expand replaces ${NAME} and ${NAME:-default} in one value. It works on values
// that YAML has already taken apart, so that what a variable holds cannot
// become a field, and it does not look again at what it has inserted. As in a
// shell, the default also stands in for a variable that is empty. "$${" is the
// text "${"; any other "$" is itself. Its errors show names, never contents.
func expand(text string, env func(string) (string, bool)) (string, error) {
	var out strings.Builder
	for {
		i := strings.Index(text, "${")
		if i < 0 {
			out.WriteString(text)
			return out.String(), nil
		}
		if i > 0 && text[i-1] == '$' {
			out.WriteString(text[:i-1] + "${")
			text = text[i+2:]
			continue
		}
		out.WriteString(text[:i])
		body, rest, closed := strings.Cut(text[i+2:], "}")
		name, fallback, optional := strings.Cut(body, ":-")
		if !closed || !isVariable(name) {
			return "", errReference
		}
		value, set := env(name)
		switch {
		case optional && value == "":
			value = fallback
		case !set:
			return "", fmt.Errorf("environment variable %s is not set; ${%s:-} allows that", name, name)
		}
		out.WriteString(value)
		text = rest
	}
}

// isVariable reports whether name is one for an environment variable (POSIX.1,
// base definitions, section 3.216), at most 128 characters long, since errors
// repeat it.
func isVariable(name string) bool {
	if name == "" || len(name) > 128 || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for _, c := range []byte(name) {
		if c != '_' && !isAlphanumeric(c) {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
