package stream_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tidegate/stream"
)

var update = flag.Bool("update", false, "write the measured tables into docs/")

const (
	bufferSize = 4096
	// pauseEvents is what a pause of 2 s at 80 tokens/s leaves behind.
	pauseEvents = 160
	// pooledEvents is the least that the median over everything may be.
	pooledEvents = 200
	// enoughWindows is from how many pauses on a median says something.
	enoughWindows = 20
)

// window is what one pause does: it begins somewhere in a recording, and
// events come until the buffer is full or the recording is over.
type window struct {
	events int
	whole  bool // the rest of the recording fits
}

// windows lets a pause begin at each event. sizes is what each event takes.
func windows(sizes []int, limit int) []window {
	var out []window
	held, next := 0, 0
	for first, size := range sizes {
		if next < first { // first alone is too large
			next, held = first, 0
		}
		for next < len(sizes) && held+sizes[next] <= limit {
			held += sizes[next]
			next++
		}
		out = append(out, window{next - first, next == len(sizes)})
		if next > first {
			held -= size
		}
	}
	return out
}

// capacity is what was measured for one API.
type capacity struct {
	api                string
	padded             bool
	recordings, events int
	sizes              []int // of the events as they came
	raw, fit           []int // events of windows that overflowed, sorted
	whole              int   // windows that did not
	paused, free       int   // pauses with pauseEvents to come; those that fit
}

func (c *capacity) add(r recording) {
	var enc stream.Encoder
	raw, encoded := make([]int, len(r.events)), make([]int, len(r.events))
	for i, ev := range r.events {
		raw[i] = len(ev.Name) + len(ev.Data)
		encoded[i] = len(enc.Encode(ev))
		if raw[i] >= bufferSize { // such an event travels alone
			encoded[i] = bufferSize + 1
			enc.Reset()
		}
	}
	c.recordings++
	c.events += len(r.events)
	c.sizes = append(c.sizes, raw...)
	for _, w := range windows(raw, bufferSize) {
		if !w.whole {
			c.raw = append(c.raw, w.events)
		}
	}
	for first, w := range windows(encoded, bufferSize) {
		if len(r.events)-first >= pauseEvents {
			c.paused++
			if w.events >= pauseEvents {
				c.free++
			}
		}
		if w.whole {
			c.whole++
		} else {
			c.fit = append(c.fit, w.events)
		}
	}
}

func (c *capacity) sort() {
	slices.Sort(c.sizes)
	slices.Sort(c.raw)
	slices.Sort(c.fit)
}

// quantile of what is sorted; -1 where there is nothing.
func quantile(sorted []int, q float64) int {
	if len(sorted) == 0 {
		return -1
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// measure gives one capacity per API, padded and unpadded recordings apart,
// and one of everything.
func measure(all []recording) (apis []*capacity, pooled *capacity) {
	pooled = &capacity{api: "all pooled"}
	type key struct {
		api    string
		padded bool
	}
	byKey := map[key]*capacity{}
	for _, r := range all {
		if len(r.events) == 0 {
			continue
		}
		k := key{r.api, r.padded}
		if byKey[k] == nil {
			byKey[k] = &capacity{api: r.api, padded: r.padded}
			apis = append(apis, byKey[k])
		}
		byKey[k].add(r)
		pooled.add(r)
	}
	for _, c := range append(apis, pooled) {
		c.sort()
	}
	slices.SortFunc(apis, func(a, b *capacity) int { return strings.Compare(a.row(), b.row()) })
	return apis, pooled
}

func (c *capacity) row() string {
	cell := func(sorted []int, q float64) string {
		if len(sorted) == 0 {
			return "-"
		}
		return fmt.Sprint(quantile(sorted, q))
	}
	name := c.api
	if c.padded {
		name += ", padded"
	}
	free := "-"
	if c.paused > 0 {
		free = fmt.Sprintf("%d %%", 100*c.free/c.paused)
	}
	return fmt.Sprintf("| %s | %d | %d | %s | %s | %s | %s | %d | %d | %s |", name, c.recordings, c.events,
		cell(c.sizes, .5), cell(c.raw, .5), cell(c.fit, .5), cell(c.fit, .1), len(c.fit), c.whole, free)
}

func TestCapacity(t *testing.T) {
	apis, pooled := measure(recorded(t).all)
	for _, c := range apis {
		if !strings.HasSuffix(c.api, " chat") || c.padded || len(c.fit) < enoughWindows {
			continue
		}
		if got := quantile(c.fit, .5); got < pauseEvents {
			t.Errorf("%s: %d events fit in %d bytes (median of %d pauses), want at least %d",
				c.api, got, bufferSize, len(c.fit), pauseEvents)
		}
	}
	if got := quantile(pooled.fit, .5); got < pooledEvents {
		t.Errorf("pooled: %d events fit in %d bytes (median of %d pauses), want at least %d",
			got, bufferSize, len(pooled.fit), pooledEvents)
	}
}

// TestCapacityDoc holds the table in docs/capacity.md to what is measured. The
// table names the set of recordings that it was made from; with another set
// only its form can be checked.
func TestCapacityDoc(t *testing.T) {
	const begin, end = "<!-- measured: begin -->\n", "<!-- measured: end -->"
	file := filepath.Join("..", "docs", "capacity.md")
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(body), begin)
	was, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no table between %q and %q", file, begin, end)
	}

	all := recorded(t)
	set := "Set of recordings: `" + all.set + "`"
	now := table(all, set)
	if *update {
		if err := os.WriteFile(file, []byte(head+begin+now+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !strings.Contains(was, "Set of recordings: `") || !strings.Contains(was, "| all pooled |") {
		t.Fatalf("%s: the table does not name its recordings or lacks its last row", file)
	}
	if !strings.Contains(was, set) {
		t.Logf("%s was made from another set of recordings than %s: figures not compared", file, all.set)
		return
	}
	if was != now {
		t.Errorf("%s is stale: run go test ./stream -run Capacity -update\n got %s\nwant %s", file, was, now)
	}
}

func table(all recordings, set string) string {
	apis, pooled := measure(all.all)
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%d streams)\n\n", set, len(all.all))
	b.WriteString("| api | streams | events | median event, bytes | raw events that fit | events that fit, median | 10th percentile | pauses that fill the buffer | pauses that never do | 2 s fit |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	for _, c := range append(apis, pooled) {
		b.WriteString(c.row() + "\n")
	}
	return b.String()
}

func TestWindows(t *testing.T) {
	got := windows([]int{3, 4, 5, 20, 1, 9, 1}, 10)
	want := []window{{2, false}, {2, false}, {1, false}, {0, false}, {2, false}, {2, true}, {1, true}}
	if !slices.Equal(got, want) {
		t.Errorf("windows:\n got %v\nwant %v", got, want)
	}
}
