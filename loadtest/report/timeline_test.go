package report

import (
	"slices"
	"strconv"
	"testing"
)

func TestTimeline(t *testing.T) {
	v := broken(Lost).Runs[0].Violations[0]
	line := v.timeline()
	var lanes []string
	for _, l := range line.Lanes {
		lanes = append(lanes, l.Name)
	}
	if want := []string{"client", "target", "provider"}; !slices.Equal(lanes, want) {
		t.Errorf("the lanes are %v, want %v", lanes, want)
	}
	if len(line.Dots) != len(v.Timeline) {
		t.Fatalf("%d dots for %d moments", len(line.Dots), len(v.Timeline))
	}
	for i, d := range line.Dots {
		m := v.Timeline[i]
		if want := float64(m.At) / 5.501 * 100; d.At < want-0.1 || d.At > want+0.1 {
			t.Errorf("the moment at %v is drawn at %v %%", m.At, d.At)
		}
		if lane := slices.Index(lanes, m.Who); d.Y != line.Lanes[lane].Y || d.Class != m.Who {
			t.Errorf("%q is drawn as %+v", m.Who, d)
		}
	}
}

func TestTimelineOfMany(t *testing.T) {
	var v Violation
	for i := range 50 {
		v.Timeline = append(v.Timeline, Moment{Who: "who " + strconv.Itoa(i)})
	}
	line := v.timeline()
	if len(line.Lanes) != maxLanes || len(line.Dots) != 50 {
		t.Errorf("%d lanes and %d dots", len(line.Lanes), len(line.Dots))
	}
	for _, d := range line.Dots {
		if d.Y > line.Height {
			t.Errorf("a dot at %d, below the lanes", d.Y)
		}
	}
	if empty := (&Violation{}).timeline(); len(empty.Dots) != 0 {
		t.Errorf("no moments make %v", empty.Dots)
	}
}
