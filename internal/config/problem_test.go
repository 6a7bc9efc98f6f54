package config

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/problems/*.txt anew")

// Every testdata/problems/X.yaml is refused with exactly the text in X.txt.
// Variables are set to secrets; neither they nor those in the file are shown.
func TestProblemsAreShown(t *testing.T) {
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	env := vars(map[string]string{"BASE": "https://x:sk-SECRET@h", "LEVEL": "sk-SECRET"})
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse(name, data, env)
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("err = %v, want %v", err, ErrInvalid)
			}
			got := err.Error() + "\n"
			if strings.Contains(got, "SECRET") {
				t.Errorf("shows a secret:\n%s", got)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s\n%s", diff, got)
			}
		})
	}
}

func TestErrorIsBounded(t *testing.T) {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "field%d: %s\n", i, strings.Repeat("x", 500))
	}
	_, err := Parse("f", []byte(text.String()), vars(nil))
	var invalid *Error
	if !errors.As(err, &invalid) || len(invalid.Problems) < 1000 {
		t.Fatal(err)
	}
	shown := err.Error()
	if n := strings.Count(shown, "unknown field"); n != maxProblems {
		t.Errorf("%d problems shown, want %d", n, maxProblems)
	}
	if !strings.HasSuffix(shown, fmt.Sprintf("and %d more", len(invalid.Problems)-maxProblems)) {
		t.Errorf("does not say how many are left out: %q", shown[len(shown)-40:])
	}
}

// A name from a file may hold what moves a terminal's cursor.
func TestProblemsAreOneLineEach(t *testing.T) {
	_, err := Parse("f", []byte("\"a\\x1b[2J\\nb\": 1\n\"c\x1b\": 1\n"+minimal), vars(nil))
	if err == nil || strings.ContainsAny(err.Error(), "\x1b\r") {
		t.Fatalf("%q", err)
	}
}
