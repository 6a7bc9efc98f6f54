package loadtest

import "bytes"

// mould is what one stream's events have in common: nearly all of them differ
// from the one before in the contents of one string alone. To see that an
// event is of the mould takes a tenth of the time of reading it. The zero
// value fits nothing.
type mould struct {
	text       []byte
	open, shut int // the string's contents
}

// object is the length of the JSON object that p begins with; -1 is none.
func (m *mould) object(p []byte) int {
	if n := m.fits(p); n > 0 {
		return n
	}
	return m.learn(p)
}

// fits is the length of an object of the mould; 0: it is none.
func (m *mould) fits(p []byte) int {
	if m.open == 0 || !bytes.HasPrefix(p, m.text[:m.open]) {
		return 0
	}
	rest := p[m.open:]
	n := bytes.IndexByte(rest, '"')
	if n < 0 || bytes.IndexByte(rest[:n], '\\') >= 0 || !bytes.HasPrefix(rest[n:], m.text[m.shut:]) {
		return 0
	}
	return m.open + n + len(m.text) - m.shut
}

// learn reads an object, and makes its mould: with the string in which it
// differs first from the one before.
func (m *mould) learn(p []byte) int {
	if len(p) == 0 || p[0] != '{' {
		return -1
	}
	differs := 0
	for differs < min(len(p), len(m.text)) && p[differs] == m.text[differs] {
		differs++
	}
	depth, open, shut := 0, 0, 0
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '"':
			from := i + 1
			for i++; i < len(p) && p[i] != '"'; i++ {
				if p[i] == '\\' {
					i++
				}
			}
			if from <= differs && differs <= i {
				open, shut = from, i
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				m.text, m.open, m.shut = append(m.text[:0], p[:i+1]...), open, shut
				return i + 1
			}
		}
	}
	return -1
}
