package provider

// mark is UTF-8's byte order mark.
const mark = "\ufeff"

// framing is how events and comments stand in the body.
type framing struct {
	name  string // before an event's name
	field string // before the data
	line  string // ends a line
}

func newFraming(s *Script) framing {
	f := framing{name: "event: ", field: "data: ", line: "\n"}
	if s.NoSpace {
		f.name, f.field = "event:", "data:"
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
func (f framing) event(data string) []byte { return []byte(f.field + data + f.end()) }

// named is one whole event that has a name.
func (f framing) named(name, data string) []byte { return []byte(f.begin(name) + data + f.end()) }

// begin is what stands before the data of an event that has a name.
func (f framing) begin(name string) string { return f.name + name + f.line + f.field }

// end is what stands behind an event's data.
func (f framing) end() string { return f.line + f.line }

// comment is a comment with the blank line that providers send after it.
func (f framing) comment() []byte { return []byte(": scripted" + f.end()) }
