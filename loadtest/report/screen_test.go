package report

import (
	"os"
	"testing"
)

func TestScreenOfWhatIsNoTerminal(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	if got := ScreenOf(write); got != (Screen{}) {
		t.Errorf("a pipe is %+v", got)
	}
	if got := (Screen{}); got.columns() != 120 || got.lines() != 39 {
		t.Errorf("a pipe has %d columns and %d lines", got.columns(), got.lines())
	}
	if got := (Screen{Columns: 1000, Lines: 1000}); got.columns() != 120 || got.lines() != 39 {
		t.Errorf("of a large screen %d columns and %d lines are used", got.columns(), got.lines())
	}
}
