package dialect

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table into docs/providers.md")

const (
	tableBegin = "<!-- recorded: begin -->\n"
	tableEnd   = "<!-- recorded: end -->\n"
)

// TestProviders holds the table in docs/providers.md against the recordings
// that it was made from.
func TestProviders(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "providers.md")
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(page), tableBegin)
	was, tail, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no table between %q and %q", file, tableBegin, tableEnd)
	}
	all, set := recorded(t)
	named := fmt.Sprintf("Set of recordings: `%s`", set)
	now := named + fmt.Sprintf(" (%d streams)\n\n", len(all)) + table(t, all)
	if *update {
		if err := os.WriteFile(file, []byte(head+tableBegin+now+tableEnd+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	switch {
	case !strings.Contains(was, "Set of recordings: `"):
		t.Errorf("%s does not name the recordings that it was made from", file)
	case !strings.Contains(was, named):
		t.Logf("%s was made from another set of recordings than %s: not compared", file, set)
	case was != now:
		t.Errorf("%s is stale: run go test ./upstream/dialect -run Providers -update", file)
	}
}

// row is what the table says of recordings that are alike.
type row struct {
	streams, events       int
	ends                  map[end]int
	said, reckoned, quiet int // usage
}

func (r *row) add(out outcome) {
	r.streams++
	r.events += out.events
	if r.ends == nil {
		r.ends = map[end]int{}
	}
	r.ends[out.end]++
	switch {
	case !out.usage.Known():
		r.quiet++
	case out.usage.Estimated:
		r.reckoned++
	default:
		r.said++
	}
}

func (r *row) String() string {
	var ends []string
	for _, e := range slices.Sorted(maps.Keys(r.ends)) {
		ends = append(ends, fmt.Sprintf("%d %s", r.ends[e], e))
	}
	var usage []string
	for _, u := range []struct {
		n    int
		what string
	}{{r.said, "said"}, {r.reckoned, "estimated"}, {r.quiet, "none"}} {
		if u.n > 0 {
			usage = append(usage, fmt.Sprintf("%d %s", u.n, u.what))
		}
	}
	return fmt.Sprintf("%d | %d | %s | %s |\n", r.streams, r.events, strings.Join(ends, ", "), strings.Join(usage, ", "))
}

func table(t *testing.T, all []recording) string {
	type key struct{ provider, api, feature string }
	rows, sums := map[key]*row{}, &row{}
	for _, r := range all {
		out := play(t, r)
		k := key{r.provider, r.api, r.feature}
		if rows[k] == nil {
			rows[k] = &row{}
		}
		rows[k].add(out)
		sums.add(out)
	}
	keys := slices.SortedFunc(maps.Keys(rows), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.provider, b.provider), cmp.Compare(a.api, b.api), cmp.Compare(a.feature, b.feature))
	})
	var b strings.Builder
	b.WriteString("| provider | API | feature | streams | events | ends | usage |\n|---|---|---|---|---|---|---|\n")
	for _, k := range keys {
		fmt.Fprintf(&b, "| %s | %s | %s | %s", k.provider, k.api, k.feature, rows[k])
	}
	fmt.Fprintf(&b, "| all | | | %s", sums)
	return b.String()
}
