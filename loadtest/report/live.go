package report

import (
	"bytes"
	"fmt"
	"io"
)

// every is how often a status goes to what is no terminal.
const every = Seconds(10)

// Live shows a running test. On a terminal it redraws a few lines in place,
// elsewhere it writes one now and then. One goroutine at a time may use it.
type Live struct {
	to     io.Writer
	screen func() Screen

	drawn int // lines on the screen that are ours

	begun bool // something was written to what is no terminal:
	last  Status
}

// NewLive writes to the given writer. Screen is asked before each drawing, as
// windows change their size:
//
//	live := report.NewLive(os.Stderr, func() report.Screen { return report.ScreenOf(os.Stderr) })
func NewLive(to io.Writer, screen func() Screen) *Live {
	return &Live{to: to, screen: screen}
}

// Show draws the status. Call it a few times a second: what is no terminal gets
// a line every 10 s, and one for each new phase and for new violations.
func (l *Live) Show(s Status) error {
	screen := l.screen()
	if !screen.Terminal {
		return l.tell(s)
	}
	var b bytes.Buffer
	l.erase(&b)
	lines := statusLines(s, screen)
	for _, one := range lines {
		b.WriteString(one)
		b.WriteByte('\n')
	}
	l.drawn = len(lines)
	return l.write(b.Bytes())
}

// Close takes the status off the terminal, so that the summary has its place.
func (l *Live) Close() error {
	var b bytes.Buffer
	l.erase(&b)
	return l.write(b.Bytes())
}

// erase moves to the first of our lines and clears what is below.
func (l *Live) erase(b *bytes.Buffer) {
	if l.drawn > 0 {
		fmt.Fprintf(b, "\x1b[%dF\x1b[J", l.drawn)
	}
	l.drawn = 0
}

func (l *Live) write(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if _, err := l.to.Write(b); err != nil {
		return fmt.Errorf("report: status: %w", err)
	}
	return nil
}

func (l *Live) tell(s Status) error {
	news := !l.begun || s.Phase != l.last.Phase || s.Target != l.last.Target ||
		s.Elapsed-l.last.Elapsed >= every || s.Violations > 0 && l.last.Violations == 0
	if !news {
		return nil
	}
	l.begun, l.last = true, s
	return l.write([]byte(statusLine(s) + "\n"))
}
