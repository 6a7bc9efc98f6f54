package wire

import "github.com/go-faster/jx"

// Usage is what a call has used, in tokens.
type Usage struct {
	Input     int64 // of the request, cached ones included
	Output    int64 // of the answer, reasoning included
	Cached    int64 // of Input
	Reasoning int64 // of Output
	Estimated bool  // the provider had not said Output when the stream ended
}

func (u *Usage) append(e *jx.Writer) {
	e.ObjStart()
	for i, member := range [...]struct {
		name  string
		value int64
	}{
		{"input_tokens", u.Input}, {"output_tokens", u.Output},
		{"cached_tokens", u.Cached}, {"reasoning_tokens", u.Reasoning},
	} {
		if i > 0 {
			e.Comma()
		}
		e.FieldStart(member.name)
		e.Int64(member.value)
	}
	e.Comma()
	e.FieldStart("estimated")
	e.Bool(u.Estimated)
	e.ObjEnd()
}

func (u *Usage) decode(d *jx.Decoder) error {
	return d.ObjBytes(func(d *jx.Decoder, key []byte) (err error) {
		switch string(key) {
		case "input_tokens":
			u.Input, err = d.Int64()
		case "output_tokens":
			u.Output, err = d.Int64()
		case "cached_tokens":
			u.Cached, err = d.Int64()
		case "reasoning_tokens":
			u.Reasoning, err = d.Int64()
		case "estimated":
			u.Estimated, err = d.Bool()
		default:
			err = d.Skip()
		}
		return err
	})
}
