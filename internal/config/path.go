package config

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// What is said of values that are not of their field's type.
var (
	errDuration = errors.New("must be a duration with its unit, such as 500ms, 15s or 2m")
	errInt      = errors.New("must be a whole number")
	errBool     = errors.New("must be true or false")
)

// join appends a name to a field's path. Names that would make the path
// ambiguous are quoted.
func join(path, name string) string {
	name = short(name)
	plain := name != ""
	for _, c := range []byte(name) {
		plain = plain && (c == '_' || c == '-' || isAlphanumeric(c))
	}
	if !plain {
		name = strconv.Quote(name)
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// parent takes the last name or index off a path. A dot within a quoted name is
// taken for a separator too; the pieces in between are no paths, so whoever goes
// up by this finds the next real one.
func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

// suggest names the known field that an unknown one resembles, else all.
func suggest(name string, known []string) string {
	for _, k := range known {
		// Longer names are compared by no one who mistyped them.
		if len(name) <= 32 && distance(name, k) <= max(1, len(k)/3) {
			return "did you mean " + k + "?"
		}
	}
	return "known here: " + strings.Join(known, ", ")
}

// distance counts the characters to insert, remove or replace between a and b
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
