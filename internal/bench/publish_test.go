//go:build linux

package main

import "testing"

func TestInsert(t *testing.T) {
	for _, c := range []struct {
		document, want string
		ok             bool
	}{
		{"", "new\n", true},
		{"a\n" + markBegin + "old\n" + markEnd + "\nz\n", "a\n" + markBegin + "new\n" + markEnd + "\nz\n", true},
		{"a document of its own\n", "", false},
		{"a\n" + markEnd + "\n" + markBegin + "z\n", "", false},
	} {
		got, err := insert(c.document, "new\n")
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%q: %q, %v", c.document, got, err)
		}
	}
}
