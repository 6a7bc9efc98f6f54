package harness

import (
	"strings"
	"testing"
)

// NewKey makes a client key the way a user does: what the command prints is
// the key, and the lines that belong into the configuration.
func NewKey(t testing.TB) (key, admission string) {
	t.Helper()
	out, err := Command("key", "new", "-name", "test").Output()
	if err != nil {
		t.Fatal(err)
	}
	said, admission, ok := strings.Cut(string(out), "\nkeys:\n")
	for line := range strings.Lines(said) {
		if strings.HasPrefix(line, "tg-") {
			key = strings.TrimSpace(line)
		}
	}
	if key == "" || !ok {
		t.Fatalf("gateway key new printed\n%s", out)
	}
	return key, "keys:\n" + admission
}
