package report

// beside is the summary of two targets.
func (r *Report) beside(p *paper) {
	r.title(p)
	for i := range r.Runs {
		r.verdict(p, &r.Runs[i])
	}
	p.blank()
	head := p.line()
	head.right(accent, 42, short(r.Runs[0].Name)).right(accent, 58, short(r.Runs[1].Name)).right(soft, 66, "ratio").add(soft, "  turns")
	for _, ratio := range r.Ratios {
		l := p.line().add(soft, ratio.Name)
		l.right(plain, 42, inUnit(ratio.First, ratio.Unit)).right(plain, 58, inUnit(ratio.Second, ratio.Unit))
		l.right(ratio.style(), 66, ratio.text())
		if ratio.High > 0 {
			l.add(soft, "  "+figure(ratio.Low)+" to "+figure(ratio.High))
		}
	}
	p.blank()
	for i := range r.Runs {
		run := &r.Runs[i]
		ends(p.line().add(accent, short(run.Name)).to(18), run.Total.Ends)
	}
	for i := range r.Runs {
		for _, doubt := range r.Runs[i].doubts() {
			if p.room() > 0 {
				p.line().add(wait, "! ").add(accent, short(r.Runs[i].Name)).add(plain, ": "+doubt)
			}
		}
	}
}

// short makes a run's name fit a column. Its end is kept: addresses of one
// machine differ in their port.
func short(name string) string {
	const most = 15
	name = foreign(name)
	if runes := []rune(name); len(runes) > most {
		return "…" + string(runes[len(runes)-most+1:])
	}
	return name
}
