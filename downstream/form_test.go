package downstream

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-faster/jx"
)

// What differs in strings that may differ, and in numbers, need not be read
// again; anything else must be.
func TestForm(t *testing.T) {
	const first, second = `{"n":1,"t":"one","p":"x"}`, `{"n":2,"t":"two","p":"x"}`
	for _, c := range []struct {
		data        string
		fits, valid bool
	}{
		{second, true, true},
		{`{"n":30,"t":"","p":"x"}`, true, true},
		{`{"n":0,"t":"\"\\\/\b\f\n\r\t\u00Ff\ud800 ü 😀","p":"x"}`, true, true},
		{`{"n":2,"t":"two","p":"y"}`, false, true},
		{`{"n":2,"t":"two","q":"x"}`, false, true},
		{`{"n":-2,"t":"two","p":"x"}`, false, true},
		{`{"n":2.5,"t":"two","p":"x"}`, false, true},
		{`{"n":2,"t":"two","p":"x","q":"x"}`, false, true},
		{`{"n":2,"t":null,"p":"x"}`, false, true},
		{`{"n":02,"t":"two","p":"x"}`, false, false},
		{`{"n":,"t":"two","p":"x"}`, false, false},
		{`{"n":2,"t":"a"b","p":"x"}`, false, false},
		{`{"n":2,"t":"\","p":"x"}`, false, false},
		{`{"n":2,"t":"\x","p":"x"}`, false, false},
		{`{"n":2,"t":"\u12g4","p":"x"}`, false, false},
		{`{"n":2,"t":"\u12","p":"x"}`, false, false},
		{"{\"n\":2,\"t\":\"a\nb\",\"p\":\"x\"}", false, false},
		{"{\"n\":2,\"t\":\"\xff\",\"p\":\"x\"}", false, false},
		{"{\"n\":2,\"t\":\"\xc3\",\"p\":\"x\"}", false, false},
		{`{"n":2,"t":"two","p":"x"} `, false, false}, // not bare
		{`{"n":2,"t":"two","p":"x"`, false, false},
		{`{"n":2,"t":"tw`, false, false},
		{`{"n":2`, false, false},
		{``, false, false},
	} {
		var f form
		if f.fits([]byte(c.data)) || !f.valid([]byte(first)) || !f.valid([]byte(second)) {
			t.Fatal("a form before or in its first two events")
		}
		if got := f.fits([]byte(c.data)); got != c.fits {
			t.Errorf("%s: fits %v", c.data, got)
		}
		if got := f.valid([]byte(c.data)); got != c.valid {
			t.Errorf("%s: valid %v", c.data, got)
		}
	}
}

// A string that was found to differ may go on to, also where it was the same
// once; and one more that differs costs one look.
func TestFormLearns(t *testing.T) {
	var f form
	say := func(text, padding string) []byte { return fmt.Appendf(nil, `{"t":%q,"p":%q,"e":"e"}`, text, padding) }
	for i, c := range []struct {
		data []byte
		fits bool
	}{
		{say("a", "1"), false}, {say("b", "1"), false}, {say("c", "1"), true},
		{say("c", "2"), false}, {say("d", "3"), true}, {say("d", "4"), true},
	} {
		if got := f.fits(c.data); got != c.fits || !f.valid(c.data) {
			t.Errorf("event %d, %s: fits %v", i, c.data, got)
		}
	}
	large := say(strings.Repeat("x", maxForm), "1")
	for range 2 {
		if !f.valid(large) || len(f.text) > 0 && !f.fits(large) {
			t.Errorf("a large event: %d bytes are held", cap(f.text))
		}
	}
	many := func(n int) []byte {
		return fmt.Appendf(nil, `[%s0]`, strings.Repeat(fmt.Sprintf(`"%d",`, n), maxHoles+1))
	}
	for n := range 3 {
		if f.fits(many(n)) || !f.valid(many(n)) {
			t.Errorf("%s", many(n))
		}
	}
}

func FuzzForm(f *testing.F) {
	f.Add(`{"n":1,"t":"one"}`, `{"n":2,"t":"two"}`, `{"n":3,"t":"th\u0072ee"}`)
	f.Add(`["a","b",1.5e7]`, `["c","b",1.25e7]`, `["","\"",1.0e7]`)
	f.Add(`"a"`, `"b"`, `"`)
	f.Add(`1`, `2`, `03`)
	f.Fuzz(func(t *testing.T, a, b, c string) {
		var f form
		for _, data := range []string{a, b, c} {
			want := utf8.ValidString(data) && bare([]byte(data)) && jx.Valid([]byte(data))
			if got := f.valid([]byte(data)); got != want {
				t.Errorf("after %q and %q: %q: valid %v, want %v", a, b, data, got, want)
			}
		}
	})
}

// Every recorded event is judged as it would be by itself.
func TestFormOfRecordings(t *testing.T) {
	var fitting, all int
	for r := range recordings(t) {
		var f form
		for _, ev := range r.events {
			all++
			if f.fits(ev.Data) {
				fitting++
			}
			if got, want := f.valid(ev.Data), utf8.Valid(ev.Data) && bare(ev.Data) && jx.Valid(ev.Data); got != want {
				t.Errorf("%s: %s: valid %v", r.file, ev.Data, got)
			}
		}
	}
	if t.Logf("%d of %d events fit", fitting, all); fitting*2 < all {
		t.Errorf("%d of %d events fit", fitting, all)
	}
}
