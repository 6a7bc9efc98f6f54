package config

import (
	"strings"
	"testing"
)

// A gateway that others reach shows them a page only where that was asked for.
func TestHasPlayground(t *testing.T) {
	for text, want := range map[string]bool{
		"":                          true,
		"listen: '[::1]:80'\n":      true,
		"auth: none\nlisten: :80\n": false,
		"playground: false\n":       false,
		"auth: none\nlisten: :80\nplayground: true\n": true,
	} {
		if got := mustParse(t, minimal+text, nil).HasPlayground(); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestPlaygroundIsTrueOrFalse(t *testing.T) {
	for _, value := range []string{"yes", "1", "True", "''"} {
		_, err := Parse("gateway.yaml", []byte(minimal+"playground: "+value+"\n"), vars(nil))
		if err == nil || !strings.Contains(err.Error(), "playground: must be true or false") {
			t.Errorf("%s: %v", value, err)
		}
	}
}
