package report

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

func number(t *testing.T, text string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// drawn takes a path apart.
func drawn(t *testing.T, d string) []place {
	t.Helper()
	var all []place
	for _, piece := range strings.FieldsFunc(d, func(r rune) bool { return r == 'M' || r == 'L' || r == 'Z' }) {
		x, y, ok := strings.Cut(piece, " ")
		if !ok {
			t.Fatalf("%q is no point", piece)
		}
		all = append(all, place{number(t, x), number(t, y)})
	}
	return all
}

func labels(plot *element) (texts []string) {
	for _, g := range plot.all("g", "labels") {
		for _, text := range g.all("text", "") {
			texts = append(texts, text.text)
		}
	}
	return texts
}

func TestPlotsOfStates(t *testing.T) {
	r := made()
	areas := parsed(t, r).titled(t, "Streams by state").all("path", "area")
	if len(areas) != 4 {
		t.Fatalf("%d areas, want one for each state", len(areas))
	}
	samples := r.Runs[0].Samples
	highest := 0.0
	for _, s := range samples {
		highest = max(highest, float64(s.States.sum()))
	}
	axis, _ := upTo(highest, 10, figure)
	under := make([]float64, len(samples))
	for i, layer := range stateLayers {
		points := drawn(t, areas[i].attr["d"])
		if len(points) != 2*len(samples) {
			t.Fatalf("%s has %d points, want %d: its top and its bottom", layer.name, len(points), 2*len(samples))
		}
		for j := range samples {
			top, bottom := points[j], points[len(points)-1-j]
			if math.Abs(bottom.y-axis.up(under[j])) > 0.1 {
				t.Fatalf("%s at %v begins at %.1f, want %.1f", layer.name, samples[j].At, bottom.y, axis.up(under[j]))
			}
			under[j] += float64(*layer.of(&samples[j]))
			if math.Abs(top.y-axis.up(under[j])) > 0.1 || math.Abs(top.x-bottom.x) > 0.1 {
				t.Fatalf("%s at %v ends at %v, want a height of %.1f", layer.name, samples[j].At, top, axis.up(under[j]))
			}
		}
	}
}

func TestPlotsOfLatency(t *testing.T) {
	plot := parsed(t, madePair()).titled(t, "Added latency")
	curves := plot.all("path", "curve")
	if len(curves) != 2 {
		t.Fatalf("%d curves, want one for each run", len(curves))
	}
	var before []place
	for i, curve := range curves {
		points := drawn(t, curve.attr["d"])
		if len(points) < 50 {
			t.Fatalf("a curve of %d points", len(points))
		}
		for j := 1; j < len(points); j++ {
			if points[j].x < points[j-1].x || points[j].y > points[j-1].y {
				t.Fatalf("the distribution falls at %v", points[j])
			}
		}
		if first, last := points[0], points[len(points)-1]; first.x != 0 || last.x != 1000 {
			t.Errorf("the curve goes from %v to %v, not over the whole plot", first, last)
		}
		// The second run is three times slower: higher everywhere.
		if i == 1 && points[10].y >= before[10].y {
			t.Error("the slower run's curve is not above the other's")
		}
		before = points
	}
	texts := strings.Join(labels(plot), " ")
	for _, want := range []string{"p50", "p90", "p99", "p99.9", "max", "100 µs", "1 ms"} {
		if !strings.Contains(texts, want) {
			t.Errorf("the axes read %q, without %q", texts, want)
		}
	}
}

func TestPlotsOfBuffers(t *testing.T) {
	page := parsed(t, madePair())
	known, unknown := 0, 0
	for _, f := range page.all("figure", "card") {
		if !strings.HasPrefix(f.all("h2", "")[0].text, "Fullest buffer") {
			continue
		}
		if len(f.all("p", "unknown")) == 1 {
			unknown++
			continue
		}
		known++
		limit := f.all("line", "limit")
		if len(limit) != 1 || f.all("text", "limit")[0].text != "limit" {
			t.Fatal("the limit is not marked")
		}
		for _, p := range drawn(t, f.all("path", "curve")[0].attr["d"]) {
			if p.y < number(t, limit[0].attr["y1"])*10 {
				t.Errorf("the buffer is drawn above its limit, at %v", p)
			}
		}
	}
	if known != 1 || unknown != 1 {
		t.Errorf("%d plots and %d without figures, want one each", known, unknown)
	}
}

// TestPlotsBesideEachOther: what is compared has the same height.
func TestPlotsBesideEachOther(t *testing.T) {
	seen := map[string][]string{}
	for _, f := range parsed(t, madePair()).all("figure", "card") {
		title, _, _ := strings.Cut(f.all("h2", "")[0].text, " gateway")
		title, _, _ = strings.Cut(title, " nginx")
		if f.all("path", "") != nil {
			seen[title] = append(seen[title], strings.Join(labels(f), " "))
		}
	}
	for _, title := range []string{"Streams by state", "Tokens per second", "Memory", "Added latency over time"} {
		if l := seen[title]; len(l) != 2 || l[0] != l[1] {
			t.Errorf("%s: the axes are %q", title, l)
		}
	}
}

// TestPlotsHoldTheHighest, whichever run it is in.
func TestPlotsHoldTheHighest(t *testing.T) {
	r := madePair()
	for range 2 {
		for _, f := range parsed(t, r).all("figure", "card") {
			for _, curve := range f.all("path", "curve") {
				for _, p := range drawn(t, curve.attr["d"]) {
					if p.y == 0 {
						t.Fatalf("%s leaves the plot at the top", f.all("h2", "")[0].text)
					}
				}
			}
		}
		r.Runs[0], r.Runs[1] = r.Runs[1], r.Runs[0]
	}
}

func TestPlotsMarkViolations(t *testing.T) {
	r := broken(Lost, Doubled)
	marks := parsed(t, r).titled(t, "Streams by state").all("circle", "mark")
	if len(marks) != 2 {
		t.Fatalf("%d marks for 2 violations", len(marks))
	}
	if got := marks[1].text; got != "11 s doubled" {
		t.Errorf("the second mark reads %q", got)
	}
	if got, want := number(t, marks[0].attr["cx"]), 10.0/72*100; math.Abs(got-want) > 0.1 {
		t.Errorf("the first mark is at %v %%, want %v", got, want)
	}
}

// TestPlotsOfNothing: a run that was stopped at once has a report too.
func TestPlotsOfNothing(t *testing.T) {
	r := &Report{Runs: []Run{{Name: "gateway"}, {Name: "other"}}}
	r.Finish()
	page := parsed(t, r)
	for _, f := range page.all("figure", "card") {
		if len(f.all("path", "")) != 0 {
			t.Errorf("%s draws something", f.all("h2", "")[0].text)
		}
	}
	if strings.Contains(page.text, "NaN") || strings.Contains(page.text, "Inf") {
		t.Error("the page has figures that are none")
	}
	none := &Report{}
	none.Finish()
	parsed(t, none)
}

// TestPlotsOfOneMoment: neither an axis of no length nor a single point break
// them.
func TestPlotsOfOneMoment(t *testing.T) {
	r := made()
	run := &r.Runs[0]
	run.Samples = run.Samples[:1]
	run.Total.Added = Histogram{Count: 1, P50: 0.001, Max: 0.001, Curve: []Quantile{{1, 0.001}}}
	text := parsed(t, r).text
	if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Error("the page has figures that are none")
	}
}
