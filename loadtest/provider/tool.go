package provider

import "github.com/go-faster/jx"

// What the APIs say of tools. In the lists each differs from the next, but
// none uses a name that means something else in another.

// elements calls f for each member of each object in the array that is next.
// What is no array, and what in it is no object, has none. begin, where not
// nil, is called before each object.
func elements(d *jx.Decoder, begin func(), f func(d *jx.Decoder, key string) error) error {
	if d.Next() != jx.Array {
		return d.Skip()
	}
	return d.Arr(func(d *jx.Decoder) error {
		if begin != nil {
			begin()
		}
		return members(d, f)
	})
}

func members(d *jx.Decoder, f func(d *jx.Decoder, key string) error) error {
	if d.Next() != jx.Object {
		return d.Skip()
	}
	return d.ObjBytes(func(d *jx.Decoder, key []byte) error { return f(d, string(key)) })
}

// firstTool is the name of the first function: in the object "function" (Chat),
// beside its type (Responses, Messages), or in a list of declarations (Gemini).
func firstTool(d *jx.Decoder) (name string, err error) {
	named := func(d *jx.Decoder, key string) (err error) {
		if key != "name" || name != "" || d.Next() != jx.String {
			return d.Skip()
		}
		name, err = d.Str()
		return err
	}
	err = elements(d, nil, func(d *jx.Decoder, key string) error {
		switch key {
		case "function":
			return members(d, named)
		case "functionDeclarations", "function_declarations":
			return elements(d, nil, named)
		}
		return named(d, key)
	})
	return name, err
}

// forbidsTools reports whether the answer must be text: "none", {"type":"none"}
// (Messages) or {"functionCallingConfig":{"mode":"NONE"}} (Gemini).
func forbidsTools(d *jx.Decoder) (forbidden bool, err error) {
	if d.Next() == jx.String {
		return isString(d, "none")
	}
	err = members(d, func(d *jx.Decoder, key string) (err error) {
		switch key {
		case "type":
			forbidden, err = isString(d, "none")
		case "functionCallingConfig":
			err = members(d, func(d *jx.Decoder, key string) (err error) {
				if key != "mode" {
					return d.Skip()
				}
				forbidden, err = isString(d, "NONE")
				return err
			})
		default:
			err = d.Skip()
		}
		return err
	})
	return forbidden, err
}

// endsWithTool reports whether the last message is a tool's result: of the role
// "tool" (Chat), the type "function_call_output" (Responses), with a block
// "tool_result" (Messages) or a part that is a functionResponse (Gemini).
func endsWithTool(d *jx.Decoder) (tool bool, err error) {
	is := func(d *jx.Decoder, want string) error {
		yes, err := isString(d, want)
		tool = tool || yes
		return err
	}
	err = elements(d, func() { tool = false }, func(d *jx.Decoder, key string) error {
		switch key {
		case "role":
			return is(d, "tool")
		case "type":
			return is(d, "function_call_output")
		case "content":
			return elements(d, nil, func(d *jx.Decoder, key string) error {
				if key != "type" {
					return d.Skip()
				}
				return is(d, "tool_result")
			})
		case "parts":
			return elements(d, nil, func(d *jx.Decoder, key string) error {
				tool = tool || key == "functionResponse"
				return d.Skip()
			})
		}
		return d.Skip()
	})
	return tool, err
}
