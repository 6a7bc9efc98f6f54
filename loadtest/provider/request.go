package provider

import "github.com/go-faster/jx"

// request is the part of a request body that shapes the answer.
type request struct {
	model    string
	stream   bool
	usage    bool   // stream_options.include_usage
	tool     string // name of the first tool; "" is none
	answered bool   // the last message is a tool's result
	noTools  bool   // tools must not be called

	// Embeddings.
	inputs     int
	base64     bool
	dimensions int
}

// callsTool reports whether the answer is a tool call. After a tool's result
// it is text, or a program that runs tools would never come to an end.
func (r *request) callsTool() bool { return r.tool != "" && !r.answered && !r.noTools }

// parseRequest reads a request body of any of the APIs. Fields it does not
// know are skipped, fields of an unexpected type are an error.
func parseRequest(body []byte) (request, error) {
	var r request
	d := jx.DecodeBytes(body)
	err := d.ObjBytes(func(d *jx.Decoder, key []byte) (err error) {
		switch string(key) {
		case "model":
			r.model, err = d.Str()
		case "stream":
			r.stream, err = boolOrNull(d)
		case "stream_options":
			r.usage, err = includeUsage(d)
		case "tools":
			r.tool, err = firstTool(d)
		case "tool_choice", "toolConfig":
			r.noTools, err = forbidsTools(d)
		case "messages", "contents":
			r.answered, err = endsWithTool(d)
		case "input":
			// Texts to embed, or what Responses has for messages.
			if err = d.Capture(func(d *jx.Decoder) error {
				r.inputs, err = countInputs(d)
				return err
			}); err == nil {
				r.answered, err = endsWithTool(d)
			}
		case "encoding_format":
			r.base64, err = isString(d, "base64")
		case "dimensions":
			r.dimensions, err = d.Int()
		default:
			err = d.Skip()
		}
		return err
	})
	return r, err
}

func boolOrNull(d *jx.Decoder) (bool, error) {
	if d.Next() == jx.Null {
		return false, d.Null()
	}
	return d.Bool()
}

// isString reports whether the next value is the string want; a value of
// another type is not.
func isString(d *jx.Decoder, want string) (bool, error) {
	if d.Next() != jx.String {
		return false, d.Skip()
	}
	s, err := d.StrBytes()
	return string(s) == want, err
}

func includeUsage(d *jx.Decoder) (on bool, err error) {
	if d.Next() == jx.Null {
		return false, d.Null()
	}
	err = d.ObjBytes(func(d *jx.Decoder, key []byte) (err error) {
		if string(key) != "include_usage" {
			return d.Skip()
		}
		on, err = boolOrNull(d)
		return err
	})
	return on, err
}

// countInputs counts the texts to embed: a string, a list of strings, one list
// of token numbers, or a list of such lists.
func countInputs(d *jx.Decoder) (n int, err error) {
	if d.Next() != jx.Array {
		return 1, d.Skip()
	}
	numbers := false
	err = d.Arr(func(d *jx.Decoder) error {
		n++
		numbers = d.Next() == jx.Number
		return d.Skip()
	})
	if numbers {
		n = 1
	}
	return n, err
}
