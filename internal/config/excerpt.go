package config

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// The YAML library prints the whole line of an error and those around it, which
// shows the api_key beside the mistake. Excerpts here are put together from the
// one field that is wrong, and its value only if it is of a kind that is no
// secret.

// hidden stands for a value that is not shown.
const hidden = "[hidden]"

const (
	maxIndent = 60 // columns before a field in an excerpt: a flow mapping may be one long line
	maxShown  = 80 // characters of a name or a value in an excerpt
)

// place is where a field stands in the file.
type place struct {
	key   *token.Token // its name; nil for a list's element
	value *token.Token // its value; nil if it has none
	show  bool         // the value is no secret
}

// token returns what a problem of the field points at.
func (p place) token() *token.Token {
	if p.value != nil {
		return p.value
	}
	return p.key
}

// section is p for a mapping or a list: its name says where it is, since what
// its value begins with is the first of its own fields.
func (p place) section() place {
	if p.key != nil {
		p.value = nil
	}
	return p
}

// problem makes a problem of the field at p. Its caret stands under the name if
// atKey, else under the value.
func (p place) problem(path, message string, atKey bool) Problem {
	at := p.token()
	if atKey && p.key != nil {
		at = p.key
	}
	line, caret := p.line(at)
	return Problem{
		Path: path, Line: at.Position.Line, Column: at.Position.Column,
		Message: message, Excerpt: excerpt(at.Position.Line, line, caret),
	}
}

// line writes the field as it stands on at's line, and how many characters
// stand before at.
func (p place) line(at *token.Token) (string, int) {
	first := at
	if p.key != nil && p.key.Position.Line == at.Position.Line {
		first = p.key
	}
	caret := min(first.Position.Column-1, maxIndent)
	line := strings.Repeat(" ", caret)
	if first == p.key {
		line += shown(p.key) + ":"
	}
	if p.value == nil || p.value.Position.Line != at.Position.Line {
		return line, caret
	}
	if first == p.key {
		gap := p.value.Position.Column - p.key.Position.Column - width(shown(p.key)) - 1
		line += strings.Repeat(" ", min(max(gap, 1), maxIndent))
	}
	if at == p.value {
		caret = width(line)
	}
	text := shown(p.value)
	// A URL with a password has an "@", one with a key a "?".
	if !p.show || strings.ContainsAny(text, "@?") {
		text = hidden
	}
	return line + text, caret
}

// shown is a token as it is written, on one line of bounded length.
func shown(t *token.Token) string {
	text, _, _ := strings.Cut(strings.TrimSpace(t.Origin), "\n")
	return short(text)
}

// short bounds a text and takes out what would move a terminal's cursor.
func short(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
	if width(text) > maxShown {
		text = string([]rune(text)[:maxShown]) + "..."
	}
	return text
}

func width(text string) int { return utf8.RuneCountInString(text) }

func excerpt(number int, line string, caret int) string {
	return fmt.Sprintf("%5d | %s\n      | %s^", number, line, strings.Repeat(" ", caret))
}

// secondDocument points at the line that begins one.
func secondDocument(doc *ast.DocumentNode) Problem {
	p := Problem{Message: "a second document: only one is read"}
	if doc.Start != nil {
		p.Line, p.Column = doc.Start.Position.Line, 1
		p.Excerpt = excerpt(p.Line, "---", 0)
	}
	return p
}

// fieldStart is how a line begins that sets a field.
var fieldStart = regexp.MustCompile(`^ *(?:- +)*[A-Za-z0-9_-]+:(?: |$)`)

// syntaxProblem reports text that is no YAML. There are no fields yet to tell
// what is secret, so of the line only the field's name is shown, and nothing
// that the parser's message quotes: it may be what stands after "api_key: |".
func syntaxProblem(text string, err yaml.Error) Problem {
	pos := err.GetToken().Position
	lines := strings.Split(text, "\n")
	var line string
	if pos.Line >= 1 && pos.Line <= len(lines) {
		line = lines[pos.Line-1]
	}
	start := fieldStart.FindString(line)
	if rest := line[len(start):]; strings.TrimSpace(rest) != "" {
		// What stands before the value keeps its width, for the caret.
		indent := len(rest) - len(strings.TrimLeft(rest, " \t"))
		start += strings.Repeat(" ", min(indent, maxIndent)) + hidden
	}
	message, _, _ := strings.Cut(strings.ReplaceAll(err.GetMessage(), "\t", `\t`), `"`)
	return Problem{
		Line: pos.Line, Column: pos.Column, Message: "not valid YAML: " + short(strings.TrimRight(message, " :")),
		Excerpt: excerpt(pos.Line, start, max(min(pos.Column-1, maxIndent), 0)),
	}
}
