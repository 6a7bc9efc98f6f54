package client

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestEventReader(t *testing.T) {
	long := strings.Repeat("0123456789", 2000)
	text := ": comment\n\nid: 1\ndata: a\n\n" +
		"id: 2\nevent: name\ndata: two\ndata:  lines\n\n" +
		": keep-alive\n\n" +
		"id: 3\ndata: \n\n" +
		"id: 4\ndata: " + long + "\ndata: x\n\n" +
		"event: tidegate.end\ndata: {}\n\nid: 5\ndata: cut"
	want := []sseEvent{
		{1, "", []byte("a")}, {2, "name", []byte("two\n lines")}, {3, "", []byte{}},
		{4, "", []byte(long + "\nx")}, {0, "tidegate.end", []byte("{}")},
	}
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(text), "bytes": iotest.OneByteReader(strings.NewReader(text)),
	} {
		e := newEventReader(r, 1<<20)
		var got []sseEvent
		for {
			ev, err := e.next()
			if err != nil {
				if err != io.EOF {
					t.Error(name, err)
				}
				break
			}
			got = append(got, ev)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(sseEvent{})); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	if _, err := newEventReader(strings.NewReader(text[150:]), 10<<10).next(); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	if _, err := newEventReader(strings.NewReader("id: x\n\n"), 100).next(); !errors.Is(err, ErrProtocol) {
		t.Error(err)
	}
}
