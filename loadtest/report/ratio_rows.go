package report

import "math"

// ratioRow is a line of the comparison. The bar goes from the middle, where
// both are alike, to the ratio, by its logarithm.
type ratioRow struct {
	Name, First, Second, Text, Range string
	Class                            string // better, worse or alike
	From, Width                      float64
	Low, High                        float64 // percent; 0 both for none
}

func ratioRows(ratios []Ratio) []ratioRow {
	most := 1.0 // in doublings: to half and to twice as much at least
	for _, r := range ratios {
		for _, v := range []float64{r.Ratio, r.Low, r.High} {
			if v > 0 {
				most = max(most, math.Abs(math.Log2(v)))
			}
		}
	}
	most *= 1.04 // so that the longest does not touch the edge
	at := func(v float64) float64 { return (math.Log2(v)/most + 1) * 50 }
	var all []ratioRow
	for _, r := range ratios {
		row := ratioRow{Name: r.Name, First: inUnit(r.First, r.Unit), Second: inUnit(r.Second, r.Unit), Text: r.text()}
		row.Class = map[int]string{1: "better", 0: "alike", -1: "worse"}[r.verdict()]
		if r.Ratio > 0 {
			row.From, row.Width = min(50, at(r.Ratio)), math.Abs(at(r.Ratio)-50)
		}
		if r.Low > 0 && r.High > 0 {
			row.Range = figure(r.Low) + " to " + figure(r.High)
			row.Low, row.High = at(r.Low), at(r.High)
		}
		all = append(all, row)
	}
	return all
}
