package provider

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// setters holds every key that a script may have over the network, in the
// order in which an error message lists them.
var setters = []struct {
	key string
	set func(*Script, string) error
}{
	{"tokens", func(s *Script, v string) error { return setCount(&s.Tokens, v) }},
	{"reasoning", func(s *Script, v string) error { return setInt(&s.Reasoning, v) }},
	{"pace", func(s *Script, v string) (err error) { s.Pace, err = strconv.ParseFloat(v, 64); return err }},
	{"file", func(s *Script, v string) error { s.File = v; return nil }},
	{"split", setSplit},
	{"seed", func(s *Script, v string) (err error) { s.Seed, err = strconv.ParseUint(v, 10, 64); return err }},
	{"line_end", func(s *Script, v string) error { s.LineEnd = LineEnd(v); return nil }},
	{"comments", func(s *Script, v string) error { return setInt(&s.Comments, v) }},
	{"no_space", func(s *Script, v string) error { return setBool(&s.NoSpace, v) }},
	{"bom", func(s *Script, v string) error { return setBool(&s.BOM, v) }},
	{"obfuscation", func(s *Script, v string) error { return setBool(&s.Obfuscation, v) }},
	{"header_delay", func(s *Script, v string) error { return setDelay(&s.HeaderDelay, v) }},
	{"first_delay", func(s *Script, v string) error { return setDelay(&s.FirstDelay, v) }},
	{"stall", func(s *Script, v string) error { return setDelay(&s.Stall, v) }},
	{"stall_at", func(s *Script, v string) error { return setInt(&s.StallAt, v) }},
	{"ping", func(s *Script, v string) error { return setDelay(&s.Ping, v) }},
	{"fault", func(s *Script, v string) error { s.Fault = Fault(v); return nil }},
	{"at", func(s *Script, v string) error { return setInt(&s.At, v) }},
	{"status", func(s *Script, v string) error { return setInt(&s.Status, v) }},
	{"retry_after", func(s *Script, v string) error { return setInt(&s.RetryAfter, v) }},
	{"html", func(s *Script, v string) error { return setBool(&s.HTML, v) }},
	{"huge", func(s *Script, v string) error { return setInt(&s.Huge, v) }},
	{"huge_at", func(s *Script, v string) error { return setInt(&s.HugeAt, v) }},
	{"instant", func(s *Script, v string) error { return setBool(&s.Instant, v) }},
}

// ParseScript reads a script as it is written in a header or a model name, and
// returns base with the fields that it names replaced. Pairs of key=value are
// separated by "&" or ","; values may be percent-encoded.
//
// Keys are the fields of [Script] in lower case, words joined by "_" (the
// field Fault is "fault", HeaderDelay is "header_delay"), all but Transcript,
// which cannot be set from the network. Delays are written as in Go ("300ms",
// "2s") or "forever", switches as "1" or "0", split as "event", "random" or a
// number of bytes.
//
// An unknown key, a key that comes twice or a bad value is an error that wraps
// [ErrScript] and names the key.
func ParseScript(base Script, text string) (Script, error) {
	seen := make(map[string]bool)
	for pair := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '&' || r == ',' }) {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return base, badScript("%q is not of the form key=value", pair)
		}
		if seen[key] {
			return base, badScript("%s is given twice", key)
		}
		seen[key] = true
		if err := base.set(key, value); err != nil {
			return base, err
		}
	}
	return base, base.check()
}

func (s *Script) set(key, value string) error {
	for _, k := range setters {
		if k.key != key {
			continue
		}
		text, err := url.QueryUnescape(value)
		if err == nil {
			err = k.set(s, text)
		}
		if err != nil {
			return badScript("%s: %q %s", key, value, reason(err))
		}
		return nil
	}
	known := make([]string, len(setters))
	for i, k := range setters {
		known[i] = k.key
	}
	return badScript("unknown key %q; known are %s", key, strings.Join(known, ", "))
}

// reason drops the function names that strconv puts before its reason.
func reason(err error) string {
	if e, ok := errors.AsType[*strconv.NumError](err); ok {
		err = e.Err
	}
	return "is not valid: " + err.Error()
}

// modelScript splits a model name into the name that the answer carries and
// the script inside it, if any.
func modelScript(model string) (name, script string) {
	if script, ok := strings.CutPrefix(model, "script:"); ok {
		return DefaultModel, script
	}
	name, script, _ = strings.Cut(model, "?")
	return name, script
}

func setInt(to *int, v string) (err error) {
	*to, err = strconv.Atoi(v)
	return err
}

// setCount refuses zero, which in the struct stands for the default.
func setCount(to *int, v string) error {
	if err := setInt(to, v); err != nil {
		return err
	}
	if *to == 0 {
		return errors.New("must be at least 1")
	}
	return nil
}

func setBool(to *bool, v string) (err error) {
	*to, err = strconv.ParseBool(v)
	return err
}

func setDelay(to *time.Duration, v string) (err error) {
	if v == "forever" {
		*to = Forever
		return nil
	}
	*to, err = time.ParseDuration(v)
	if err == nil && *to < 0 {
		return errors.New("must not be negative")
	}
	return err
}

func setSplit(s *Script, v string) error {
	switch v {
	case "event":
		s.Split = 0
	case "random":
		s.Split = SplitRandom
	default:
		if err := setInt(&s.Split, v); err != nil {
			return err
		}
		if s.Split < 1 {
			return errors.New("must be event, random or a number of bytes")
		}
	}
	return nil
}
