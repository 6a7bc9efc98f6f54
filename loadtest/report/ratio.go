package report

func (r Ratio) text() string {
	if r.Ratio == 0 {
		return none
	}
	return figure(r.Ratio)
}

// noise is how far from 1 a ratio has to be before it is colored: less means
// nothing on most machines.
const noise = 0.05

func (r Ratio) style() style {
	switch better := r.verdict(); {
	case better > 0:
		return good
	case better < 0:
		return wait
	}
	return plain
}

// verdict is 1 where the first is better, -1 where it is worse, 0 where that is
// not clear.
func (r Ratio) verdict() int {
	v := 0
	switch {
	case r.Ratio == 0 && r.First == r.Second:
		return 0
	case r.Ratio == 0: // the second is 0, the first is not
		v = 1
	case r.Ratio > 1+noise:
		v = 1
	case r.Ratio < 1-noise:
		v = -1
	}
	if r.Better == "lower" {
		v = -v
	}
	return v
}
