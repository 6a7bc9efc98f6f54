package dialect

import (
	"iter"

	"github.com/go-faster/jx"
)

// What follows reads one value from a decoder, and skips it where it is of
// another type than expected: speakers of an API agree on little but names.

// object gives the names of an object's members. The loop's body reads the
// member's value, and sets err if that fails, which ends the loop.
//
//	for key := range object(d, &err) {
//		switch string(key) {
//		case "index":
//			index, err = number(d)
//		default:
//			err = d.Skip()
//		}
//	}
func object(d *jx.Decoder, err *error) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if d.Next() != jx.Object {
			*err = d.Skip()
			return
		}
		it, failed := d.ObjIter()
		if *err = failed; failed != nil {
			return
		}
		for it.Next() {
			if !yield(it.Key()) || *err != nil {
				return
			}
		}
		*err = it.Err()
	}
}

// array is object for an array's values.
func array(d *jx.Decoder, err *error) iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		if d.Next() != jx.Array {
			*err = d.Skip()
			return
		}
		it, failed := d.ArrIter()
		if *err = failed; failed != nil {
			return
		}
		for it.Next() {
			if !yield(struct{}{}) || *err != nil {
				return
			}
		}
		*err = it.Err()
	}
}

// number reads a whole number; 0 for anything else.
func number(d *jx.Decoder) (n int64, err error) {
	if d.Next() != jx.Number {
		return 0, d.Skip()
	}
	raw, err := d.Raw()
	if err != nil {
		return 0, err
	}
	for _, c := range raw {
		if c -= '0'; c > 9 || n > 1<<53 {
			break
		}
		n = n*10 + int64(c)
	}
	return n, nil
}

// word reads a string as it is written; nil for anything else. It shares the
// decoder's memory.
func word(d *jx.Decoder) ([]byte, error) {
	if d.Next() != jx.String {
		return nil, d.Skip()
	}
	raw, err := d.Raw()
	if err != nil {
		return nil, err
	}
	return raw[1 : len(raw)-1], nil
}

// weigh reads any value, and gives the length of its longest string, those of
// members "role" and "type" aside. some says that there is anything in it: a
// string that is not empty, or an array or object that is not.
func weigh(d *jx.Decoder) (size int, some bool, err error) {
	switch d.Next() {
	case jx.String:
		text, err := word(d)
		return len(text), len(text) > 0, err
	case jx.Object:
		for key := range object(d, &err) {
			some = true
			if name := string(key); name == "role" || name == "type" {
				err = d.Skip()
				continue
			}
			var n int
			n, _, err = weigh(d)
			size = max(size, n)
		}
		return size, some, err
	case jx.Array:
		for range array(d, &err) {
			var n int
			n, _, err = weigh(d)
			size, some = max(size, n), true
		}
		return size, some, err
	}
	return 0, false, d.Skip()
}

// says reads a value, and says whether there is anything in it: some speakers
// send "error":null, false, "", {} or {"code":0,"message":""} with every chunk.
func says(d *jx.Decoder) (some bool, err error) {
	if d.Next() == jx.Object {
		for range object(d, &err) {
			var one bool
			one, err = says(d)
			some = some || one
		}
		return some, err
	}
	raw, err := d.Raw()
	return err == nil && something(raw), err
}

// something says whether there is anything in a value, if perhaps only the
// names of members.
func something(raw jx.Raw) bool {
	switch raw.Type() {
	case jx.Null:
		return false
	case jx.Bool:
		return raw[0] == 't'
	case jx.String:
		return len(raw) > 2
	case jx.Number:
		return string(raw) != "0"
	}
	for _, c := range raw[1:] {
		switch c {
		case ' ', '\t', '\n', '\r':
			continue
		}
		return c != '}' && c != ']'
	}
	return false
}

// reader reads objects. It is kept because a decoder costs an allocation.
type reader struct{ d jx.Decoder }

// object gives the names of an object's members, as the function does. The
// data has to be forgotten afterwards.
func (r *reader) object(data []byte, err *error) iter.Seq[[]byte] {
	r.d.ResetBytes(data)
	return object(&r.d, err)
}

// forget gives the data's memory back to its owner.
func (r *reader) forget() { r.d.ResetBytes(nil) }

// kind is an object's member "type". What is behind it is not looked at, and
// may be broken. It shares the data's memory.
func (r *reader) kind(data []byte) []byte {
	var err error
	for key := range r.object(data, &err) {
		if string(key) != "type" {
			err = r.d.Skip()
			continue
		}
		if text, err := word(&r.d); err == nil {
			return text
		}
		return nil
	}
	return nil
}
