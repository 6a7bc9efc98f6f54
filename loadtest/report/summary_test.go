package report

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

// fits fails for a line that is wider than the screen, and for anything that
// moves the cursor.
func fits(t *testing.T, text string, columns int) {
	t.Helper()
	for line := range strings.Lines(escapes.ReplaceAllString(text, "")) {
		line = strings.TrimSuffix(line, "\n")
		if n := utf8.RuneCountInString(line); n > columns {
			t.Errorf("a line is %d cells wide, the screen %d: %q", n, columns, line)
		}
		for _, r := range line {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x1100 && !strings.ContainsRune("✓✗█░▇–…·", r) {
				t.Errorf("%q is in a line: %q", r, line)
			}
		}
	}
}

func summary(t *testing.T, r *Report, s Screen) string {
	t.Helper()
	var b strings.Builder
	if err := r.Summary(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSummaryFitsEveryScreen(t *testing.T) {
	many := broken(append(Kinds, Kinds...)...)
	many.Runs[0].Provider.Open, many.Runs[0].Generator.Behind, many.Runs[0].Total.Ends.Failed = 7, 3, 5
	hostile := broken(Lost)
	hostile.Runs[0].Name = "\x1b[2J\x1b]0;title\a漢字\u202e" + strings.Repeat("x", 500)
	hostile.Runs[0].Rows[0].Profile = "\r\n\x1b[31m\u200b"
	for name, r := range map[string]*Report{"one": made(), "two": madePair(), "many": many, "hostile": hostile, "nothing": {Runs: []Run{{}}}, "none": {}} {
		for _, columns := range []int{20, 40, 79, 80, 81, 100, 120} {
			for _, lines := range []int{5, 12, 24, 40} {
				for _, color := range []bool{false, true} {
					t.Run(fmt.Sprint(name, columns, lines, color), func(t *testing.T) {
						text := summary(t, r, Screen{Columns: columns, Lines: lines, Color: color})
						fits(t, text, columns)
						if n := strings.Count(text, "\n"); n >= lines {
							t.Errorf("%d lines and a prompt on a screen of %d", n, lines)
						}
						if !color && strings.Contains(text, "\x1b") {
							t.Error("there are colors, though none were asked for")
						}
					})
				}
			}
		}
	}
}

// TestSummaryWastesNoRoom: a larger screen shows more of the table.
func TestSummaryWastesNoRoom(t *testing.T) {
	small := strings.Count(summary(t, made(), Screen{Columns: 80, Lines: 24}), "\n")
	large := strings.Count(summary(t, made(), Screen{Columns: 120, Lines: 40}), "\n")
	if small != 23 || large != 39 {
		t.Errorf("%d and %d lines, want 23 and 39: there are more rows than fit", small, large)
	}
}

func TestSummarySaysWhatMatters(t *testing.T) {
	r := broken(Lost, Doubled, Lost)
	text := summary(t, r, Screen{Columns: 80, Lines: 24})
	total := &r.Runs[0].Total
	for _, want := range []string{
		"3 violations", "2 lost", "1 doubled", count(total.Tokens), span(total.Added.P99), span(total.FirstToken.P50),
		"1,600 finished + 150 faulted + 250 cancelled", span(r.Runs[0].Server.CPUPerToken), count(total.Ends.Whole) + " whole",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary lacks %q:\n%s", want, text)
		}
	}
	if text := summary(t, made(), Screen{}); !strings.Contains(text, "no violations in 2,000 streams") {
		t.Errorf("the summary of a good run reads\n%s", text)
	}
}

func TestSummaryShowsTheWorstRows(t *testing.T) {
	r := made()
	rows := r.Runs[0].Rows
	rows[len(rows)-1].Violations = 4
	rows[len(rows)-2].Added.P99 = 9
	text := summary(t, r, Screen{Columns: 80, Lines: 24})
	_, table, ok := strings.Cut(text, "profile ")
	if !ok {
		t.Fatalf("there is no table:\n%s", text)
	}
	lines := strings.Split(table, "\n")
	if f := strings.Fields(lines[1]); f[0] != rows[len(rows)-1].Profile || f[len(f)-1] != "4" {
		t.Errorf("the row with violations is not the first: %q", lines[1])
	}
	if !strings.Contains(lines[2], "9 s") {
		t.Errorf("the slowest row is not the second: %q", lines[2])
	}
	if !strings.Contains(text, "more rows") {
		t.Error("what has no room is not said")
	}
}

func TestSummaryOfTwo(t *testing.T) {
	r := madePair()
	text := summary(t, r, Screen{Columns: 80, Lines: 24})
	for _, ratio := range r.Ratios {
		if !strings.Contains(text, ratio.Name) {
			t.Errorf("%s is missing", ratio.Name)
		}
	}
	if n := strings.Count(text, "no violations"); n != 2 {
		t.Errorf("%d verdicts, want 2", n)
	}
	if !strings.Contains(text, "0.33") {
		t.Errorf("the ratio of a third is missing:\n%s", text)
	}
}

// TestSummaryTellsTwoApart: two gateways on one machine differ in their port.
func TestSummaryTellsTwoApart(t *testing.T) {
	r := madePair()
	r.Runs[0].Name, r.Runs[1].Name = "gateway.example.internal:8080", "gateway.example.internal:8081"
	text := summary(t, r, Screen{Columns: 80, Lines: 24})
	for _, port := range []string{":8080", ":8081"} {
		if strings.Count(text, port) < 3 {
			t.Errorf("%s is not in the heads of the table and the lines of ends:\n%s", port, text)
		}
	}
	if n := strings.Count(text, "…"); n > 8 {
		t.Errorf("%d lines are cut:\n%s", n, text)
	}
}
