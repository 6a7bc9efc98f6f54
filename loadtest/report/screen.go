package report

import "os"

// Screen is what is written to: how much fits, and what it understands. The
// zero value is a file or a pipe.
type Screen struct {
	Terminal bool // lines can be redrawn
	Color    bool
	Columns  int // 0 for as many as are of use: 120
	Lines    int // 0 for as many as are of use: 40
}

// ScreenOf looks at f, which may have changed its size since the last look.
// NO_COLOR and TERM=dumb are heeded.
func ScreenOf(f *os.File) Screen {
	columns, lines, ok := winsize(f)
	if !ok || os.Getenv("TERM") == "dumb" {
		return Screen{}
	}
	if columns == 0 || lines == 0 {
		columns, lines = 80, 24 // a serial line does not know
	}
	return Screen{Terminal: true, Color: os.Getenv("NO_COLOR") == "", Columns: columns, Lines: lines}
}

func (s Screen) columns() int {
	if s.Columns <= 0 {
		return 120
	}
	return min(s.Columns, 120)
}

// lines leaves one for the prompt.
func (s Screen) lines() int {
	if s.Lines <= 0 {
		return 40 - 1
	}
	return min(s.Lines, 40) - 1
}
