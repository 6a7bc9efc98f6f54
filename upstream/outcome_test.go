package upstream

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// The outcomes in docs/routes.md are those that there are.
func TestOutcomesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/routes.md")
	if err != nil {
		t.Fatal(err)
	}
	section := regexp.MustCompile(`(?s)## Outcomes.*`).Find(page)
	var said []string
	for _, found := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllSubmatch(section, -1) {
		said = append(said, string(found[1]))
	}
	if !slices.Equal(said, Outcomes[:]) {
		t.Errorf("documented are %v, there are %v", said, Outcomes)
	}
}

func TestOutcomeOf(t *testing.T) {
	for status, want := range map[int]outcome{
		400: refused, 401: unauthorized, 403: forbidden, 404: refused, 408: failed, 409: refused,
		422: refused, 429: limited, 500: failed, 503: failed, 529: failed,
	} {
		if got := outcomeOf(status); got != want {
			t.Errorf("%d is %s, want %s", status, Outcomes[got], Outcomes[want])
		}
	}
}
