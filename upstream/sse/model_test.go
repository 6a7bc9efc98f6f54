package sse

import "strings"

// event is an Event that may be kept and compared.
type event struct{ Name, Data string }

// outcome is everything a scanner says about one input.
type outcome struct {
	Events   []event
	Comments uint64
	Rest     int
	Done     bool
}

// model is section 9.2.6 word for word, on the whole input at once: slow, and
// simple enough to be checked by eye. What the package adds to it is marked.
func model(in string) outcome {
	var out outcome
	var data, name string
	rest := strings.TrimPrefix(in, bom)
	pending := len(rest) // how much was left when the pending event began
	for {
		i := strings.IndexAny(rest, "\r\n")
		if i < 0 {
			break
		}
		line := rest[:i]
		if strings.HasPrefix(rest[i:], "\r\n") {
			i++
		}
		rest = rest[i+1:]

		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "":
			if data != "" || name == "error" { // added: without data
				out.Events = append(out.Events, event{name, strings.TrimSuffix(data, "\n")})
			}
			data, name = "", ""
		case field == "":
			out.Comments++
		case field == "data":
			data += value + "\n"
		case field == "event":
			name = value
		case field == "error" && value != "": // added
			name, data = "error", data+value+"\n"
		case strings.HasPrefix(line, `{"error"`): // added
			name, data = "error", data+line+"\n"
		}
		if data == "" && name == "" {
			pending = len(rest)
		}
	}
	out.Rest = pending
	last, one := strings.TrimSuffix(data, "\n"), true
	if rest != "" || data == "" {
		last, one = strings.CutPrefix(rest, "data:")
		last = strings.TrimPrefix(last, " ")
		one = one && data == ""
	}
	if one && strings.Trim(last, " \t") == "[DONE]" {
		out.Events = append(out.Events, event{name, last})
		out.Rest, out.Done = 0, true
	}
	return out
}
