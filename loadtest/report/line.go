package report

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// style is a color or a weight, as an SGR parameter.
type style string

const (
	plain  style = ""
	bold   style = "1"
	soft   style = "2"
	bad    style = "1;31"
	good   style = "1;32"
	wait   style = "33"
	accent style = "36"
	violet style = "35"
)

// line is one line of a terminal, which is cut where the terminal ends: a line
// that wraps would put everything that is redrawn below it in the wrong place.
type line struct {
	text  strings.Builder
	width int // of what is in text, in cells
	max   int
	color bool
	cut   bool
}

// add appends text of ours, whose runes are all one cell wide.
func (l *line) add(s style, text string) *line {
	if l.cut {
		return l
	}
	n := utf8.RuneCountInString(text)
	if l.width+n > l.max {
		runes := []rune(text)
		// One cell stays for the ellipsis.
		text, l.cut = string(runes[:max(0, l.max-l.width-1)])+"…", true
		if l.width >= l.max {
			return l // full to the last cell
		}
		n = l.max - l.width
	}
	l.width += n
	if l.color && s != plain {
		text = "\x1b[" + string(s) + "m" + text + "\x1b[0m"
	}
	l.text.WriteString(text)
	return l
}

// to appends spaces up to a column.
func (l *line) to(column int) *line {
	if n := column - l.width; n > 0 {
		l.add(plain, strings.Repeat(" ", n))
	}
	return l
}

// right appends text so that it ends at a column.
func (l *line) right(s style, column int, text string) *line {
	return l.to(column-utf8.RuneCountInString(text)).add(s, text)
}

// String has no spaces at its end.
func (l *line) String() string { return strings.TrimRight(l.text.String(), " ") }

// maxForeign bounds what others have named.
const maxForeign = 120

// foreign makes text that others wrote fit for a terminal: what is not plain
// ASCII is escaped, so that no name moves the cursor, sets a title, or is wider
// than its runes.
func foreign(text string) string {
	var b strings.Builder
	for _, r := range text {
		if b.Len() >= maxForeign {
			b.WriteString("…")
			break
		}
		if r <= unicode.MaxASCII && unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
	}
	return b.String()
}
