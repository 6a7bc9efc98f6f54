package downstream

import (
	"bytes"
	"unicode/utf8"

	"github.com/go-faster/jx"
)

// form is the JSON of a stream's newest events, with holes where they differed:
// inside of strings, and numbers. Nearly every event of a stream fits the form
// of those before it, and is then known to be valid in the time that comparing
// takes. The zero value fits nothing.
type form struct {
	text  []byte // valid
	holes [maxHoles]hole
	n     int
}

// A lane holds a copy of one event, if that is no longer than maxForm bytes.
const (
	maxForm  = 1024
	maxHoles = 8
)

type hole struct {
	start, end uint16 // in the text
	number     bool
}

// valid says whether data is JSON in UTF-8 (RFC 8259) that can be a member of
// an object as it is: white space around it would be lost.
func (f *form) valid(data []byte) bool {
	if f.fits(data) {
		return true
	}
	if !utf8.Valid(data) || !bare(data) || !jx.Valid(data) {
		return false
	}
	f.learn(data)
	return true
}

// bare says that no white space is around data.
func bare(data []byte) bool { return len(bytes.TrimSpace(data)) == len(data) }

// fits says whether data differs from the text in its holes only, and has there
// what may be there.
func (f *form) fits(data []byte) bool {
	at, from := 0, 0
	for i := range f.holes[:f.n] {
		h := &f.holes[i]
		end := at + int(h.start) - from
		if end > len(data) || !bytes.Equal(f.text[from:h.start], data[at:end]) {
			return false
		}
		size := 0
		if h.number {
			size = numberSize(data[end:])
		} else {
			size = stringSize(data[end:])
		}
		if size < 0 {
			return false
		}
		at, from = end+size, int(h.end)
	}
	return len(f.text) > 0 && bytes.Equal(f.text[from:], data[at:])
}

// learn makes valid data the text. Its holes are where the text before had some
// other string or number, and the strings that were holes before.
func (f *form) learn(data []byte) {
	var now form
	if len(data) > maxForm {
		*f = now
		return
	}
	if !now.compare(f, data) {
		now.n = 0
	}
	f.holes, f.n = now.holes, now.n
	f.text = append(f.text[:0], data...)
}

// compare looks for holes in data, string by string. It reports false where the
// two differ in anything else, or in too many places.
func (f *form) compare(before *form, data []byte) bool {
	old, was := before.text, before.holes[:before.n]
	for a, b := 0, 0; ; {
		x, y := outside(old[a:]), outside(data[b:])
		if !bytes.Equal(x, y) && !f.number(x, y, b) {
			return false
		}
		a, b = a+len(x), b+len(y)
		if a == len(old) || b == len(data) {
			return a == len(old) && b == len(data)
		}
		m, n := stringSize(old[a:]), stringSize(data[b:])
		if m < 0 || n < 0 {
			return false
		}
		for len(was) > 0 && int(was[0].start) < a {
			was = was[1:]
		}
		again := len(was) > 0 && int(was[0].start) == a
		if (again || !bytes.Equal(old[a:a+m], data[b:b+n])) && !f.add(b, n, false) {
			return false
		}
		a, b = a+m+1, b+n+1
	}
}

// number adds the one number in which x and y differ; y stands at some place.
func (f *form) number(x, y []byte, at int) bool {
	i := 0
	for i < min(len(x), len(y)) && x[i] == y[i] {
		i++
	}
	for i > 0 && isDigit(x[i-1]) {
		i--
	}
	m, n := numberSize(x[i:]), numberSize(y[i:])
	return m > 0 && n > 0 && bytes.Equal(x[i+m:], y[i+n:]) && f.add(at+i, n, true)
}

func (f *form) add(at, size int, number bool) bool {
	if f.n == maxHoles {
		return false
	}
	f.holes[f.n] = hole{uint16(at), uint16(at + size), number}
	f.n++
	return true
}

// outside is what stands before the next string, with the quote that begins it.
func outside(data []byte) []byte {
	if i := bytes.IndexByte(data, '"'); i >= 0 {
		return data[:i+1]
	}
	return data
}

// numberSize is how many digits data begins with; -1: none, or such as may not
// stand there.
func numberSize(data []byte) int {
	n := 0
	for n < len(data) && isDigit(data[n]) {
		n++
	}
	if n == 0 || n > 1 && data[0] == '0' {
		return -1
	}
	return n
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// stringSize is how many bytes stand before the quote that ends a string; -1:
// none does, or they are no string's (RFC 8259 section 7).
func stringSize(data []byte) int {
	ascii := true
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			if !ascii && !utf8.Valid(data[:i]) {
				return -1
			}
			return i
		case c == '\\':
			size := escapeSize(data[i:])
			if size < 0 {
				return -1
			}
			i += size - 1
		case c < ' ':
			return -1
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return -1
}

// escapeSize is the length of the escape that data begins with; -1: it is none.
func escapeSize(data []byte) int {
	switch {
	case len(data) < 2:
		return -1
	case bytes.IndexByte([]byte(`"\/bfnrt`), data[1]) >= 0:
		return 2
	case data[1] == 'u' && len(data) >= 6 && len(bytes.TrimLeft(data[2:6], "0123456789abcdefABCDEF")) == 0:
		return 6
	}
	return -1
}
