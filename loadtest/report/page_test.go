package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// element is a piece of a parsed page.
type element struct {
	name     string
	attr     map[string]string
	children []*element
	text     string // of its own and of all below
	collect  strings.Builder
}

// parsed reads the page of a report, as far as HTML of ours goes.
func parsed(t *testing.T, r *Report) *element {
	t.Helper()
	var b strings.Builder
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(b.String()))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	root := &element{name: "root"}
	open := []*element{root}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the page is no well-formed markup: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attr: map[string]string{}}
			for _, a := range token.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			top := open[len(open)-1]
			top.children = append(top.children, e)
			open = append(open, e)
		case xml.EndElement:
			last := open[len(open)-1]
			last.text = last.collect.String()
			open = open[:len(open)-1]
		case xml.CharData:
			for _, e := range open {
				e.collect.Write(token)
			}
		}
	}
	if len(open) != 1 {
		t.Fatalf("%d elements are not closed", len(open)-1)
	}
	root.text = root.collect.String()
	return root
}

// all finds elements by name and class, at any depth; an empty class is any.
func (e *element) all(name, class string) []*element {
	var found []*element
	for _, c := range e.children {
		if c.name == name && c.has(class) {
			found = append(found, c)
		}
		found = append(found, c.all(name, class)...)
	}
	return found
}

func (e *element) has(class string) bool {
	return class == "" || strings.Contains(" "+e.attr["class"]+" ", " "+class+" ")
}

// titled finds the card with a heading.
func (e *element) titled(t *testing.T, title string) *element {
	t.Helper()
	for _, name := range []string{"figure", "section", "div"} {
		for _, c := range e.all(name, "card") {
			if h := c.all("h2", ""); len(h) > 0 && strings.HasPrefix(h[0].text, title) {
				return c
			}
		}
	}
	t.Fatalf("there is nothing titled %q", title)
	return nil
}

func TestPageNeedsNothingElse(t *testing.T) {
	for name, r := range map[string]*Report{"one": made(), "two": madePair(), "broken": broken(Lost, Doubled)} {
		var check func(*element)
		check = func(e *element) {
			switch e.name {
			case "script", "link", "img", "iframe", "object", "embed", "use", "image", "base", "form":
				t.Errorf("%s: the page has a %s", name, e.name)
			}
			for key, value := range e.attr {
				if key == "src" || key == "href" || key == "style" || strings.HasPrefix(key, "on") || strings.Contains(value, "//") {
					t.Errorf("%s: %s has %s=%q", name, e.name, key, value)
				}
			}
			if e.name == "style" && (strings.Contains(e.text, "url(") || strings.Contains(e.text, "@import")) {
				t.Errorf("%s: the style loads something", name)
			}
			for _, c := range e.children {
				check(c)
			}
		}
		check(parsed(t, r))
	}
}

func TestPageHasBothThemesAndPrint(t *testing.T) {
	css := parsed(t, made()).all("style", "")[0].text
	for _, want := range []string{"prefers-color-scheme: dark", "@media print", "max-width"} {
		if !strings.Contains(css, want) {
			t.Errorf("the style lacks %q", want)
		}
	}
	// Every color that the page uses has to be one.
	for _, r := range []*Report{madePair(), broken(Kinds...)} {
		page := parsed(t, r)
		for _, name := range []string{"path", "i", "rect", "circle"} {
			for _, e := range page.all(name, "") {
				for class := range strings.FieldsSeq(e.attr["class"]) {
					if strings.HasPrefix(class, "c-") && !strings.Contains(css, "."+class+" ") && !strings.Contains(css, "."+class+",") {
						t.Errorf("a %s has the color %s, which the style does not know", name, class)
					}
				}
			}
		}
	}
}

func TestPageEscapesWhatOthersWrote(t *testing.T) {
	const evil = `"><script>alert(1)</script></style><img src=x onerror=alert(2)>' {{.}}`
	r := broken(Lost)
	run := &r.Runs[0]
	run.Name, run.Target = evil, "javascript:"+evil
	v := &run.Violations[0]
	v.Stream, v.Profile, v.Transport, v.Fault, v.Message = evil, evil, evil, evil, evil
	v.Timeline[0].Who, v.Timeline[0].What = evil, evil
	run.Rows[0].Profile, run.Rows[0].Transport = evil, evil
	r.Asked.Provider, r.Machine.Processor, r.Program = evil, evil, evil
	page := parsed(t, r)
	for _, name := range []string{"script", "img"} {
		if found := page.all(name, ""); len(found) > 0 {
			t.Errorf("a name has become a %s", name)
		}
	}
	if got := page.all("details", "")[0].all("p", "")[0].text; got != evil {
		t.Errorf("the message reads %q, want %q", got, evil)
	}
	var circles int
	for _, c := range page.all("details", "")[0].all("title", "") {
		if strings.Contains(c.text, evil) {
			circles++
		}
	}
	if circles != 1 {
		t.Errorf("%d dots carry the moment's text, want 1", circles)
	}
}

func TestPageVerdict(t *testing.T) {
	if v := parsed(t, made()).all("div", "verdict")[0]; !v.has("good") || !strings.Contains(v.text, "No violations") {
		t.Errorf("without violations the verdict is %q", v.text)
	}
	if v := parsed(t, broken(Lost, Doubled)).all("div", "verdict")[0]; !v.has("bad") || !strings.Contains(v.text, "2 violations") {
		t.Errorf("with two violations the verdict is %q", v.text)
	}
	r := made()
	r.Interrupted = true
	r.Runs[0].Provider.Open = 3
	if text := parsed(t, r).text; !strings.Contains(text, "3 are still open") || !strings.Contains(text, "stopped before all was done") {
		t.Error("neither open calls nor the early stop are told")
	}
}

func TestPageTable(t *testing.T) {
	r := made()
	page := parsed(t, r)
	rows := page.titled(t, "By profile and transport").all("tbody", "")[0].all("tr", "")
	if len(rows) != len(r.Runs[0].Rows) {
		t.Fatalf("%d rows, want %d", len(rows), len(r.Runs[0].Rows))
	}
	spans := 0
	for i, row := range rows {
		cells := row.all("td", "n")
		if want := len(rowHead) + 2; len(cells) != want {
			t.Fatalf("row %d has %d figures, want %d", i, len(cells), want)
		}
		if got, want := cells[1].text, count(r.Runs[0].Rows[i].Tokens); got != want {
			t.Errorf("row %d: %s tokens, want %s", i, got, want)
		}
		for _, th := range row.all("th", "") {
			spans += int(number(t, th.attr["rowspan"]))
		}
		width := 0.0
		for _, bar := range row.all("rect", "") {
			width += number(t, bar.attr["width"])
		}
		if width < 99.9 || width > 100.1 {
			t.Errorf("row %d: the bar of ends is %.1f %% wide", i, width)
		}
	}
	if spans != len(rows) {
		t.Errorf("the profiles span %d rows of %d", spans, len(rows))
	}
}

func TestPageChecks(t *testing.T) {
	r := broken(Lost)
	r.Runs[0].Checks[2].Judged = 0
	rows := parsed(t, r).titled(t, "What was checked").all("tbody", "")[0].all("tr", "")
	if len(rows) != len(Kinds) {
		t.Fatalf("%d kinds, want all %d", len(rows), len(Kinds))
	}
	for i, class := range []string{"bad", "good", "unknown"} {
		if !rows[i].has(class) {
			t.Errorf("%s is %q, want %q", Kinds[i], rows[i].attr["class"], class)
		}
	}
	if !strings.Contains(rows[2].text, "not judged") {
		t.Errorf("a kind that was not judged reads %q", rows[2].text)
	}
}

func TestPageDrawsSomeViolationsOfEachKind(t *testing.T) {
	kinds := []Kind{Doubled}
	for range 20 {
		kinds = append(kinds, Lost)
	}
	r := broken(kinds...)
	card := parsed(t, r).titled(t, "What was checked")
	details := card.all("details", "violation")
	if want := maxDetailed + 1; len(details) != want {
		t.Fatalf("%d violations are drawn, want %d", len(details), want)
	}
	open := 0
	for _, d := range details {
		if _, ok := d.attr["open"]; ok {
			open++
		}
		moments := len(r.Runs[0].Violations[0].Timeline)
		if dots, lines := len(d.all("circle", "")), len(d.all("tr", "")); dots != moments || lines != moments {
			t.Errorf("%d dots and %d lines for %d moments", dots, lines, moments)
		}
	}
	if open != 2 {
		t.Errorf("%d are open, want the first of each kind", open)
	}
	if !strings.Contains(card.text, "15 further timelines") {
		t.Error("what is not drawn is not said")
	}
}

func TestPageOfTwo(t *testing.T) {
	page := parsed(t, madePair())
	if n := len(page.all("div", "verdict")); n != 2 {
		t.Errorf("%d verdicts, want 2", n)
	}
	rows := page.titled(t, "Side by side").all("tbody", "")[0].all("tr", "")
	if len(rows) != len(madePair().Ratios) || len(rows) == 0 {
		t.Errorf("%d ratios, want %d", len(rows), len(madePair().Ratios))
	}
	for _, row := range rows {
		for _, bar := range row.all("rect", "") {
			if from, width := number(t, bar.attr["x"]), number(t, bar.attr["width"]); from < 0 || from+width > 100 {
				t.Errorf("%s: a bar from %v, %v wide", row.text, from, width)
			}
		}
	}
	if tiles := page.all("div", "tile"); len(tiles) != 0 {
		t.Errorf("%d tiles: whose would they be?", len(tiles))
	}
}
