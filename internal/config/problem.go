package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrInvalid is what every *Error wraps.
var ErrInvalid = errors.New("config: invalid")

// maxProblems is how many problems an Error's text shows: the first ones are
// mended first, and a file that is none of ours has thousands.
const maxProblems = 20

// Problem is one thing that is wrong.
type Problem struct {
	Path    string // the field: providers.local.base_url, keys[0].hash, models."gpt-4.1"; empty for the file as a whole
	Line    int    // from 1; 0 where there is no file or the field is not in it
	Column  int    // in characters, from 1
	Message string // what is wrong and what would be right, without the value
	Excerpt string // two lines: the field as it is written, secrets hidden, and a caret; empty where Line is 0
}

// Error lists what is wrong with a configuration. It wraps ErrInvalid.
type Error struct {
	Name     string    // the file's name; empty where there is none
	Problems []Problem // one or more, in the file's order
}

func newError(name string, problems []Problem) *Error {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if (a.Line == 0) != (b.Line == 0) {
			// What is missing as a whole comes last: often it is there, under a
			// name that is reported as unknown.
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &Error{Name: name, Problems: problems}
}

// Error writes every problem as "name:line:column: field: message" with its
// excerpt below; editors and terminals link the first part.
func (e *Error) Error() string {
	var out strings.Builder
	if n := len(e.Problems); n > 1 {
		fmt.Fprintf(&out, "%d problems in the configuration\n", n)
	}
	for i, p := range e.Problems {
		if i == maxProblems {
			fmt.Fprintf(&out, "and %d more\n", len(e.Problems)-i)
			break
		}
		if e.Name != "" {
			out.WriteString(e.Name + ":")
			if p.Line > 0 {
				fmt.Fprintf(&out, "%d:%d:", p.Line, p.Column)
			}
			out.WriteString(" ")
		}
		if p.Path != "" {
			out.WriteString(p.Path + ": ")
		}
		out.WriteString(p.Message + "\n")
		if p.Excerpt != "" {
			out.WriteString(p.Excerpt + "\n")
		}
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// Unwrap returns ErrInvalid.
func (e *Error) Unwrap() error { return ErrInvalid }
