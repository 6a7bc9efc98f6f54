package loadtest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// An object's length is what encoding/json says, whatever came before it, and
// whatever follows.
func TestMould(t *testing.T) {
	value := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) string { return quoted(s) }),
		rapid.SampledFrom([]string{"1", "null", `"a"`, `"\\"`, `"\""`, `"}"`, `{"b":"c"}`, `{}`, `[]`, `[{"t":"event"},"x"]`}),
	)
	rapid.Check(t, func(t *rapid.T) {
		var m mould
		for range rapid.IntRange(1, 8).Draw(t, "events") {
			object := fmt.Sprintf(`{"a":%s,"b":%s}`, value.Draw(t, "a"), value.Draw(t, "b"))
			text := object + rapid.SampledFrom([]string{"", "}", "}]", `,"c":"d"}`, `"`}).Draw(t, "rest")
			if n := m.object([]byte(text)); n != len(object) {
				t.Fatalf("%d of %q, after %q", n, text, m.text)
			}
			if cut := rapid.IntRange(0, len(object)-1).Draw(t, "cut"); (&mould{}).object([]byte(object[:cut])) != -1 {
				t.Fatalf("a part is taken for whole: %q", object[:cut])
			}
		}
	})
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// Events of the mould are not read to their ends again.
func TestMouldFits(t *testing.T) {
	var m mould
	event := func(token string) []byte {
		return []byte(`{"id":"x","choices":[{"delta":{"content":"` + token + `"},"index":0}]}`)
	}
	m.object(event("one"))
	m.object(event("two"))
	for token, fits := range map[string]bool{"three": true, "": true, "東京": true, strings.Repeat("x", 5000): true, `\n`: false, `a\"`: false} {
		if n := m.fits(event(token)); (n == len(event(token))) != fits {
			t.Errorf("%.20q: %d", token, n)
		}
	}
	if n := m.fits([]byte(`{"id":"y","choices":[]}`)); n != 0 {
		t.Errorf("another event is taken for one of the mould, with %d bytes", n)
	}
}
