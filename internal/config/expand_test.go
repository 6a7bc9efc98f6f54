package config

import (
	"errors"
	"strings"
	"testing"
)

var testEnv = vars(map[string]string{"A": "a", "EMPTY": "", "_x9": "u", "REF": "${A}"})

func TestExpand(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "",
		"plain":               "plain",
		"${A}":                "a",
		"<${A}${_x9}>":        "<au>",
		"${EMPTY}":            "",
		"${EMPTY:-d}":         "d",
		"${NO:-}":             "",
		"${NO:-d}":            "d",
		"${NO:-http://h:1/$}": "http://h:1/$",
		"${NO:-a:-b}":         "a:-b",
		"${A:-d}":             "a",
		"${REF}":              "${A}",
		"$${A}":               "${A}",
		"$${A}${A}":           "${A}a",
		"$A $ $$ 5$":          "$A $ $$ 5$",
		"}${A}}":              "}a}",
	} {
		if got, err := expand(text, testEnv); err != nil || got != want {
			t.Errorf("%q = %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestExpandRefuses(t *testing.T) {
	for _, text := range []string{"${", "${}", "${A", "${A:-x", "${9}", "${A B}", "${A-x}", "${:-x}", "${ A}", "${" + strings.Repeat("A", 129) + ":-}"} {
		if got, err := expand(text, testEnv); !errors.Is(err, errReference) {
			t.Errorf("%q = %q, %v; want %v", text, got, err, errReference)
		}
	}
	if _, err := expand("x${NO}", testEnv); err == nil || !strings.Contains(err.Error(), "variable NO is not set") {
		t.Errorf("err = %v, want one that names NO", err)
	}
}
