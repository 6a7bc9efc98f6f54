//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// row is one figure of all subjects, with the values of all rounds.
type row struct {
	Part   string               `json:"part"`
	Name   string               `json:"name"`
	Unit   string               `json:"unit,omitempty"`
	Side   bool                 `json:"side,omitempty"` // not compared
	Values map[string][]float64 `json:"values"`         // by subject
}

// median is that of a subject; false where it was not measured.
func (r *row) median(subject string) (float64, bool) {
	v := slices.Sorted(slices.Values(r.Values[subject]))
	if len(v) == 0 {
		return 0, false
	}
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2, true
}

// ratio is a subject's median over another's; false where that means nothing.
func (r *row) ratio(subject, to string) (float64, bool) {
	v, ok1 := r.median(subject)
	o, ok2 := r.median(to)
	return v / o, ok1 && ok2 && o != 0 && !r.Side
}

// comparisons are the ratios that are shown.
var comparisons = []struct{ subject, to string }{
	{gatewayName, reverseProxyName}, {gatewayName, nginxName},
	{gatewayBinaryName, gatewayName}, {gatewayJSONName, gatewayName},
}

// report is all that was measured.
type report struct {
	Machine string   `json:"machine"`
	Rows    []*row   `json:"rows"`
	Remarks []string `json:"remarks"`
}

// row finds a row; nil is none.
func (r *report) row(part, name string) *row {
	i := slices.IndexFunc(r.Rows, func(x *row) bool { return x.Part == part && x.Name == name })
	if i < 0 {
		return nil
	}
	return r.Rows[i]
}

// add adds the figures of one run.
func (r *report) add(p part, subject string, values []value) {
	for _, v := range values {
		x := r.row(p.name, v.name)
		if x == nil {
			x = &row{Part: p.name, Name: v.name, Unit: v.unit, Side: v.side, Values: map[string][]float64{}}
			r.Rows = append(r.Rows, x)
		}
		x.Values[subject] = append(x.Values[subject], v.v)
	}
}

// columns are the subjects that have a figure in the part.
func (r *report) columns(p part) []string {
	var all []string
	for _, name := range []string{gatewayName, gatewayH2Name, gatewayBinaryName, gatewayJSONName, reverseProxyName, nginxName, relayName, directName} {
		if slices.ContainsFunc(r.Rows, func(x *row) bool { return x.Part == p.name && len(x.Values[name]) > 0 }) {
			all = append(all, name)
		}
	}
	return all
}

// table is a part as cells, the head first.
func (r *report) table(p part) [][]string {
	columns := r.columns(p)
	head := append([]string{p.title}, columns...)
	shown := comparisons[:0:0]
	for _, c := range comparisons {
		if slices.Contains(columns, c.subject) && slices.Contains(columns, c.to) {
			shown = append(shown, c)
			head = append(head, c.subject+" / "+c.to)
		}
	}
	cells := [][]string{head}
	for _, x := range r.Rows {
		if x.Part != p.name {
			continue
		}
		line := []string{x.Name}
		for _, c := range columns {
			text := "-"
			if v, ok := x.median(c); ok {
				text = strings.TrimSpace(number(v) + " " + x.Unit)
			}
			line = append(line, text)
		}
		for _, c := range shown {
			text := ""
			if q, ok := x.ratio(c.subject, c.to); ok {
				text = fmt.Sprintf("%.2f", q)
			}
			line = append(line, text)
		}
		cells = append(cells, line)
	}
	return cells
}

// number shows about three digits that matter.
func number(v float64) string {
	switch a := max(v, -v); {
	case a >= 100, v == float64(int64(v)):
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// writeText writes the tables of the parts for a terminal, and the remarks.
func (r *report) writeText(w io.Writer, parts []part) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s\n\n", r.Machine)
	for _, p := range parts {
		for _, line := range r.table(p) {
			fmt.Fprintln(t, strings.Join(line, "\t"))
		}
		fmt.Fprintln(t)
	}
	for _, remark := range r.Remarks {
		fmt.Fprintln(t, remark)
	}
	return t.Flush()
}

// markdown is the tables and remarks for a document.
func (r *report) markdown(parts []part) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Machine: %s.\n", r.Machine)
	for _, p := range parts {
		for i, line := range r.table(p) {
			if i == 0 {
				fmt.Fprintf(&b, "\n### %s\n\n| | %s |\n|---|%s\n", p.title,
					strings.Join(line[1:], " | "), strings.Repeat("---:|", len(line)-1))
				continue
			}
			fmt.Fprintf(&b, "| %s |\n", strings.Join(line, " | "))
		}
	}
	if len(r.Remarks) > 0 {
		b.WriteString("\n### Targets\n\n")
	}
	for _, remark := range r.Remarks {
		fmt.Fprintf(&b, "- %s\n", strings.Join(strings.Fields(remark), " "))
	}
	return b.String()
}
