package report

import (
	_ "embed" // the page's template and style
	"fmt"
	"html/template"
	"io"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"css":       func() template.CSS { return template.CSS(pageCSS) },
	"stamp":     stamp,
	"timesHead": func() []string { return timesHead },
	"rowHead":   func() []string { return rowHead },
	"facts":     factsOf,
	"span":      span,
	"since":     func(s Seconds) string { return fmt.Sprintf("%.3f", float64(s)) },
}).Parse(pageHTML))

// factsOf gives the template of a list of facts its title, the facts, and the
// name of the run that they are of, if there is more than one.
func factsOf(title string, facts []fact, of ...string) map[string]any {
	m := map[string]any{"Title": title, "Facts": facts, "Of": ""}
	if len(of) > 0 {
		m["Of"] = of[0]
	}
	return m
}

// HTML writes the report as one page that needs no script and no network. Call
// [Report.Finish] before.
func (r *Report) HTML(w io.Writer) error {
	data := struct {
		*Report
		Page page
	}{r, r.page()}
	if err := pageTemplate.Execute(w, data); err != nil {
		return fmt.Errorf("report: page: %w", err)
	}
	return nil
}
