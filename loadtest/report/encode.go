package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrVersion is returned for a report of another version of the format.
var ErrVersion = errors.New("report: another version of the format")

// Encode writes the report as JSON, indented, as a person will look at it.
func (r *Report) Encode(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return fmt.Errorf("report: encode: %w", err)
	}
	return nil
}

// Decode reads what Encode wrote. Fields that it does not know are left out, as
// a newer program may have more of them.
func Decode(from io.Reader) (*Report, error) {
	var r Report
	if err := json.NewDecoder(from).Decode(&r); err != nil {
		return nil, fmt.Errorf("report: decode: %w", err)
	}
	if r.Version != Version {
		return nil, fmt.Errorf("%w: %d, not %d", ErrVersion, r.Version, Version)
	}
	return &r, nil
}
