package provider

import "math/rand/v2"

// mark is UTF-8's byte order mark.
const mark = "\ufeff"

// framing is how events and comments stand in the body.
type framing struct {
	field string // before the data
	line  string // ends a line
}

func newFraming(s *Script) framing {
	f := framing{field: "data: ", line: "\n"}
	if s.NoSpace {
		f.field = "data:"
	}
	switch s.LineEnd {
	case CRLF:
		f.line = "\r\n"
	case CR:
		f.line = "\r"
	}
	return f
}

// event is one whole event.
func (f framing) event(data string) []byte { return []byte(f.field + data + f.line + f.line) }

// comment is a comment with the blank line that providers send after it.
func (f framing) comment() []byte { return []byte(": scripted" + f.line + f.line) }

// padding makes OpenAI's obfuscation: random text that hides the length of a
// token from who can see the length of a packet.
type padding struct{ rand *rand.PCG }

const (
	padWidth = 16                                                                 // a token and its padding together
	padChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ab" // 64, for 6 bits each
)

// append adds the padding for a token of so many bytes.
func (p padding) append(dst []byte, token int) []byte {
	bits := p.rand.Uint64()
	for range max(1, min(10, padWidth-token)) {
		dst = append(dst, padChars[bits&63])
		bits >>= 6
	}
	return dst
}
