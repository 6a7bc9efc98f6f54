package provider_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tidegate/loadtest/provider"
)

func TestParseScript(t *testing.T) {
	base := provider.Script{Tokens: 3, Pace: 5}
	for text, want := range map[string]provider.Script{
		"":                               base,
		"tokens=400&pace=80.5":           {Tokens: 400, Pace: 80.5},
		"tokens=400,fault=rst,at=100":    {Tokens: 400, Pace: 5, Fault: provider.Reset, At: 100},
		"split=random,seed=7":            {Tokens: 3, Pace: 5, Split: provider.SplitRandom, Seed: 7},
		"split=13":                       {Tokens: 3, Pace: 5, Split: 13},
		"split=event":                    base,
		"line_end=crlf&comments=2&bom=1": {Tokens: 3, Pace: 5, LineEnd: provider.CRLF, Comments: 2, BOM: true},
		"no_space=true,obfuscation=1":    {Tokens: 3, Pace: 5, NoSpace: true, Obfuscation: true},
		"header_delay=1s&first_delay=2ms&stall=forever&stall_at=9": {Tokens: 3, Pace: 5, HeaderDelay: time.Second,
			FirstDelay: 2 * time.Millisecond, Stall: provider.Forever, StallAt: 9},
		"status=429&retry_after=2":    {Tokens: 3, Pace: 5, Status: 429, RetryAfter: 2},
		"html=1":                      {Tokens: 3, Pace: 5, HTML: true},
		"huge=1000&huge_at=4":         {Tokens: 3, Pace: 5, Huge: 1000, HugeAt: 4},
		"reasoning=4&ping=20ms&at=-1": {Tokens: 3, Pace: 5, Reasoning: 4, Ping: 20 * time.Millisecond, At: -1},
		"instant=1":                   {Tokens: 3, Pace: 5, Instant: true},
		"file=a%2Fb%20c.sse,pace=0.0": {Tokens: 3, File: "a/b c.sse"},
	} {
		got, err := provider.ParseScript(base, text)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(provider.Script{})); err != nil || diff != "" {
			t.Errorf("%q: %v\n%s", text, err, diff)
		}
	}
}

func TestParseScriptErrors(t *testing.T) {
	for text, want := range map[string]string{
		"tokenz=4":                `unknown key "tokenz"; known are tokens, reasoning, pace, file, split,`,
		"transcript=x":            `unknown key "transcript"`,
		"tokens":                  `"tokens" is not of the form key=value`,
		"tokens=1&tokens=2":       `tokens is given twice`,
		"tokens=0":                `must be at least 1`,
		"tokens=-1":               `tokens: -1 is not between 0 and 10000000`,
		"tokens=many":             `tokens: "many" is not valid: invalid syntax`,
		"tokens=10000001":         `tokens: 10000001 is not between`,
		"pace=NaN":                `pace: NaN is not between`,
		"pace=-1":                 `pace: -1 is not between`,
		"pace=Inf":                `pace: +Inf is not between`,
		"split=0":                 `must be event, random or a number of bytes`,
		"line_end=lfcr":           `line_end: "lfcr" is none of`,
		"fault=oops":              `fault: "oops" is none of`,
		"ping=1ns":                `ping: 1ns is not between`,
		"ping=forever":            `ping: -1ns is not between`,
		"reasoning=-1":            `reasoning: -1 is not between`,
		"stall=-1ns":              `must not be negative`,
		"stall=25h":               `stall: 25h0m0s is not between`,
		"status=42":               `status: 42 is neither`,
		"status=302":              `status: 302 is neither`,
		"huge=1000000000":         `huge: 1000000000 is not between`,
		"bom=maybe":               `bom: "maybe" is not valid`,
		"file=%zz":                `file: "%zz" is not valid`,
		"file=x&bom=1":            `a transcript is replayed as it is`,
		"instant=1&tokens=200000": `instant: at most 100000 tokens`,
	} {
		_, err := provider.ParseScript(provider.Script{}, text)
		if !errors.Is(err, provider.ErrScript) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
