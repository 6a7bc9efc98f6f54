package report

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func running(at Seconds) Status {
	return Status{
		Phase: "load", Target: "gateway", Elapsed: at, Duration: 60, Started: 764, Planned: 2000,
		States: States{12, 310, 54, 8}, Ends: Ends{Whole: 300, Left: 60, Told: 20}, Tokens: 9870,
		FirstToken: Brief{0.004, 0.02}, Added: Brief{0.0002, 0.003}, Reconnects: 91,
	}
}

func on(s Screen) func() Screen { return func() Screen { return s } }

func TestLiveRedrawsInPlace(t *testing.T) {
	var out bytes.Buffer
	l := NewLive(&out, on(Screen{Terminal: true, Columns: 80, Lines: 24}))
	if err := l.Show(running(1)); err != nil {
		t.Fatal(err)
	}
	first := out.String()
	if strings.Contains(first, "\x1b") {
		t.Errorf("the first drawing moves the cursor: %q", first)
	}
	for _, want := range []string{"12 waiting", "310 reading", "54 pausing", "8 away", "764 of 2,000", "300 whole", "9,870/s", "91 reconnects", "4 ms / 20 ms", "200 µs / 3 ms", "violations 0"} {
		if !strings.Contains(first, want) {
			t.Errorf("the status lacks %q:\n%s", want, first)
		}
	}
	lines := strings.Count(first, "\n")
	out.Reset()
	if err := l.Show(running(2)); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("\x1b[%dF\x1b[J", lines); !strings.HasPrefix(out.String(), want) {
		t.Errorf("the second drawing begins with %q, want %q: back to the first of %d lines", out.String()[:10], want, lines)
	}
	out.Reset()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("\x1b[%dF\x1b[J", lines); out.String() != want {
		t.Errorf("closing writes %q, want %q", out.String(), want)
	}
	out.Reset()
	if err := l.Close(); err != nil || out.Len() != 0 {
		t.Errorf("closing again writes %q, %v", out.String(), err)
	}
}

func TestLiveFitsEveryScreen(t *testing.T) {
	s := running(30)
	s.Violations, s.Last = 3, "doubled in \x1b[2J漢字"+strings.Repeat("x", 300)
	s.Target = strings.Repeat("long", 100)
	s.States = States{1 << 40, 1 << 41, 1 << 42, 1 << 43}
	for _, columns := range []int{1, 20, 40, 80, 120} {
		for _, lines := range []int{1, 3, 8, 24} {
			for _, color := range []bool{false, true} {
				var out bytes.Buffer
				l := NewLive(&out, on(Screen{Terminal: true, Columns: columns, Lines: lines, Color: color}))
				if err := l.Show(s); err != nil {
					t.Fatal(err)
				}
				fits(t, out.String(), columns)
				if n := strings.Count(out.String(), "\n"); n > max(1, lines-1) {
					t.Errorf("%d lines on a screen of %d: they could not be redrawn", n, lines)
				}
			}
		}
	}
}

func TestLiveInALog(t *testing.T) {
	var out bytes.Buffer
	l := NewLive(&out, on(Screen{}))
	show := func(s Status) {
		t.Helper()
		if err := l.Show(s); err != nil {
			t.Fatal(err)
		}
	}
	for tenth := range 251 { // 0 to 25 s
		show(running(Seconds(tenth) / 10))
	}
	if n := strings.Count(out.String(), "\n"); n != 3 {
		t.Errorf("%d lines in 25 s, want one each 10 s and the first", n)
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Error("a log has escapes in it")
	}
	out.Reset()
	s := running(25.1)
	s.Violations, s.Last = 1, "lost in s-1"
	show(s)
	show(s)
	if n := strings.Count(out.String(), "\n"); n != 1 || !strings.Contains(out.String(), "1 violation\n") {
		t.Errorf("the first violation is told as %q", out.String())
	}
	out.Reset()
	s.Phase = "finishing"
	show(s)
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Errorf("a new phase is told as %q", out.String())
	}
	out.Reset()
	if err := l.Close(); err != nil || out.Len() > 0 {
		t.Errorf("closing a log writes %q, %v", out.String(), err)
	}
}

func TestLiveProgress(t *testing.T) {
	for _, c := range []struct {
		elapsed, duration Seconds
		planned           int64
		want              string
	}{
		{30, 60, 0, "50 %"},
		{90, 60, 0, "100 %"}, // the last streams take longer than the load
		{30, 0, 760, "50 %"}, // 380 have ended
		{30, 0, 0, "30 s"},
	} {
		s := running(c.elapsed)
		s.Duration, s.Planned = c.duration, c.planned
		if line := statusLines(s, Screen{Columns: 80})[0]; !strings.Contains(line, c.want) {
			t.Errorf("%v of %v, %d planned: %q, want %s", c.elapsed, c.duration, c.planned, line, c.want)
		}
	}
}

type failing struct{}

var errFull = errors.New("full")

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrorsAreReturned(t *testing.T) {
	r := made()
	for name, err := range map[string]error{
		"live":    NewLive(failing{}, on(Screen{})).Show(running(1)),
		"summary": r.Summary(failing{}, Screen{}),
		"json":    r.Encode(failing{}),
		"html":    r.HTML(failing{}),
	} {
		if !errors.Is(err, errFull) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
