package provider_test

import (
	"encoding/json"
	"strings"
	"testing"

	"tidegate/loadtest/provider"
)

// Lost, doubled and swapped tokens have to show.
func TestTextHasNoShortPeriod(t *testing.T) {
	text := provider.Text(4000)
	for _, n := range []int{8, 16, 64, 128, 1000} {
		if shifted := text[len(provider.Text(n)):]; strings.HasPrefix(text, shifted[:200]) {
			t.Errorf("repeats after %d tokens", n)
		}
	}
	same := 0
	for i := range 4000 {
		if provider.Token(i) == provider.Token(i+1) {
			same++
		}
	}
	if same > 200 {
		t.Errorf("%d of 4000 tokens equal the next", same)
	}
}

// Answers put tokens into JSON, and into JSON inside JSON, as they are.
func TestTokensNeedNoEscaping(t *testing.T) {
	for i := range 4000 {
		s := provider.Token(i)
		if quoted, err := json.Marshal(s); err != nil || string(quoted) != `"`+s+`"` || s == "" {
			t.Fatalf("token %q", s)
		}
	}
}
