package report

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestScreenOfTerminal(t *testing.T) {
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	resize := func(columns, lines uint16) {
		t.Helper()
		if err := unix.IoctlSetWinsize(int(f.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: lines, Col: columns}); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	resize(91, 33)
	if got, want := ScreenOf(f), (Screen{Terminal: true, Color: true, Columns: 91, Lines: 33}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	resize(0, 0)
	if got, want := ScreenOf(f), (Screen{Terminal: true, Color: true, Columns: 80, Lines: 24}); got != want {
		t.Errorf("a terminal that does not know its size is %+v, want %+v", got, want)
	}
	t.Setenv("NO_COLOR", "1")
	if ScreenOf(f).Color {
		t.Error("NO_COLOR is not heeded")
	}
	t.Setenv("TERM", "dumb")
	if ScreenOf(f).Terminal {
		t.Error("a dumb terminal is redrawn")
	}
}
