package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// What Load and Parse refuse before reading a field. Their *Error wraps
// ErrInvalid instead.
var (
	ErrTooLarge = errors.New("config: file is larger than 1 MiB")
	ErrText     = errors.New("config: file is not UTF-8 text")
	ErrComplex  = errors.New("config: file has more than 20000 YAML tokens, or brackets nested deeper than 32")
)

// Bounds of a file. The YAML parser's time grows with the square of what a file
// holds: 20,000 list items take it 0.3 s, 20,000 brackets inside one another 2 s.
const (
	maxFile   = 1 << 20
	maxTokens = 20_000
	maxFlow   = 32
)

// Load reads the configuration file at path, with the environment of the
// process. Errors are those of Parse, or of opening and reading.
func Load(path string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	defer func() { _ = f.Close() }()
	// One byte more than allowed tells too large from just right.
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return Parse(path, data, os.LookupEnv)
}

// Parse reads a configuration: one YAML document, without anchors, aliases and
// tags. name is the file's for errors; env looks an environment variable up.
// What is wrong comes as an *Error that lists all of it, or as ErrTooLarge,
// ErrText or ErrComplex.
func Parse(name string, data []byte, env func(string) (string, bool)) (*Config, error) {
	if len(data) > maxFile {
		return nil, ErrTooLarge
	}
	if !utf8.Valid(data) || strings.ContainsRune(string(data), 0) {
		return nil, ErrText
	}
	// Windows editors begin files with a byte order mark and end lines with
	// CRLF; the parser takes the one as part of the first name.
	text := strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n")
	root, err := syntax(name, text)
	if err != nil {
		return nil, err
	}
	c := Default()
	d := newDecoder(env)
	d.root(root, c)
	c.normalize()
	d.addAll(c.check())
	if len(d.problems) > 0 {
		return nil, newError(name, d.problems)
	}
	return c, nil
}

// syntax parses text into its one document's root, nil if it is empty.
func syntax(name, text string) (ast.Node, error) {
	tokens := lexer.Tokenize(text)
	if !simple(tokens) {
		return nil, ErrComplex
	}
	// Names given twice are left to the decoder, which reports all of them.
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var at yaml.Error
		if !errors.As(err, &at) || at.GetToken() == nil {
			return nil, newError(name, []Problem{{Message: "is not YAML"}})
		}
		return nil, newError(name, []Problem{syntaxProblem(text, at)})
	}
	var root ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case root == nil:
			root = doc.Body
		default:
			return nil, newError(name, []Problem{secondDocument(doc)})
		}
	}
	return root, nil
}

// simple reports whether the tokens are within the bounds.
func simple(tokens token.Tokens) bool {
	depth := 0
	for _, t := range tokens {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		}
		if depth > maxFlow {
			return false
		}
	}
	return len(tokens) <= maxTokens
}
