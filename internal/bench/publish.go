//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// What stands between these in a Markdown file is replaced.
const (
	markBegin = "<!-- measured: begin -->\n"
	markEnd   = "<!-- measured: end -->"
)

// publish writes the report to the terminal and to the files asked for.
func (r *report) publish(o *options, stdout io.Writer) error {
	if err := r.writeText(stdout, o.parts); err != nil {
		return err
	}
	if o.json != "" {
		b, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.json, append(b, '\n'), 0o644); err != nil {
			return err
		}
	}
	if o.markdown == "" {
		return nil
	}
	old, err := os.ReadFile(o.markdown)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, err := insert(string(old), r.markdown(o.parts))
	if err != nil {
		return fmt.Errorf("%s: %w", o.markdown, err)
	}
	return os.WriteFile(o.markdown, []byte(text), 0o644)
}

// insert puts text between the marks of a document. A document that is empty
// becomes the text; one without marks is somebody else's.
func insert(document, text string) (string, error) {
	if document == "" {
		return text, nil
	}
	before, rest, begins := strings.Cut(document, markBegin)
	_, after, ends := strings.Cut(rest, markEnd)
	if !begins || !ends {
		return "", fmt.Errorf("bench: there is no %q with a %q after it", strings.TrimSpace(markBegin), markEnd)
	}
	return before + markBegin + text + markEnd + after, nil
}
