package report

import "strconv"

// timeline is one stream's life, drawn in lanes: one for each who did
// something.
type timeline struct {
	Height int
	Lanes  []lane
	Ticks  []tick
	Dots   []dot
}

type lane struct {
	Y    int
	Name string
}

type dot struct {
	At    float64 // percent
	Y     int
	Class string
	Text  string
}

const (
	laneHeight = 22
	maxLanes   = 6 // whoever comes after them shares the last
)

// laneOrder has those who come first, whoever acted first.
var laneOrder = []string{"client", "target", "provider"}

func (v *Violation) timeline() timeline {
	var t timeline
	rows := map[string]int{}
	enter := func(who string) {
		if _, ok := rows[who]; ok {
			return
		}
		rows[who] = min(len(rows), maxLanes-1)
		if len(t.Lanes) < maxLanes {
			t.Lanes = append(t.Lanes, lane{Y: laneHeight*len(t.Lanes) + laneHeight/2, Name: who})
		}
	}
	for _, who := range laneOrder {
		for i := range v.Timeline {
			if v.Timeline[i].Who == who {
				enter(who)
			}
		}
	}
	end := Seconds(0)
	for i := range v.Timeline {
		enter(v.Timeline[i].Who)
		end = max(end, v.Timeline[i].At)
	}
	t.Height = laneHeight * len(t.Lanes)
	if end <= 0 {
		end = 1
	}
	step := round(float64(end)/5, 10)
	x := axis{high: float64(end)}
	for at := 0.0; at <= x.high*1.0001; at += step {
		t.Ticks = append(t.Ticks, tick{At: x.at(at) / 10, Label: span(Seconds(at))})
	}
	for i := range v.Timeline {
		m := &v.Timeline[i]
		class := "other"
		for _, who := range laneOrder {
			if m.Who == who {
				class = who
			}
		}
		t.Dots = append(t.Dots, dot{
			At: x.at(float64(m.At)) / 10, Y: t.Lanes[rows[m.Who]].Y, Class: class,
			Text: strconv.FormatFloat(float64(m.At), 'f', 3, 64) + " s, " + m.Who + ": " + m.What,
		})
	}
	return t
}
