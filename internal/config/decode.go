package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decoder fills a Config from YAML, by the yaml tags of its fields. The YAML
// library's own decoder stops at the first mistake, and shows values in it.
type decoder struct {
	env      func(string) (string, bool)
	at       map[string]place // where each field stands, by path
	failed   map[string]bool  // paths with a problem
	problems []Problem
}

func newDecoder(env func(string) (string, bool)) *decoder {
	return &decoder{env: env, at: map[string]place{}, failed: map[string]bool{}}
}

// root decodes the whole document; n is nil if it is empty.
func (d *decoder) root(n ast.Node, c *Config) {
	if n != nil {
		d.value("", nil, n, reflect.ValueOf(c).Elem())
	}
}

func (d *decoder) fail(p place, path, message string, atKey bool) {
	d.failed[path] = true
	d.problems = append(d.problems, p.problem(path, message, atKey))
}

// value decodes n, whose name is key, into v.
func (d *decoder) value(path string, key *token.Token, n ast.Node, v reflect.Value) {
	p := place{key: key, value: n.GetToken()}
	_, null := n.(*ast.NullNode)
	if null && key != nil {
		// An absent value has a token, but not one that stands in the file.
		p.value = nil
	}
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		d.fail(p, path, "anchors, aliases and tags are not supported", false)
		return
	}
	if v.Type() == reflect.TypeFor[Route]() {
		d.route(path, p, n, v)
		return
	}
	switch v.Kind() {
	case reflect.Struct, reflect.Map:
		entries, ok := mapping(n)
		d.at[path] = p.section()
		switch {
		case null:
			// A section whose fields are all commented out.
		case !ok:
			d.fail(p, path, "must be a mapping of fields, one per line", false)
		case v.Kind() == reflect.Struct:
			d.fields(path, entries, v)
		default:
			d.entries(path, entries, v)
		}
	case reflect.Slice:
		list, ok := n.(*ast.SequenceNode)
		d.at[path] = p.section()
		switch {
		case null:
		case !ok:
			d.fail(p, path, `must be a list, each element beginning with "- "`, false)
		default:
			d.items(path, list.Values, v)
		}
	default:
		p.show = v.Type() != reflect.TypeFor[Secret]()
		d.at[path] = p
		d.scalar(p, path, n, v)
	}
}

// mapping returns n's entries.
func mapping(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// each calls f with the names and nodes of a mapping, each name once.
func (d *decoder) each(path string, entries []*ast.MappingValueNode, f func(name string, key *token.Token, n ast.Node)) {
	first := make(map[string]*token.Token, len(entries))
	for _, e := range entries {
		key := e.Key.GetToken()
		if _, ok := e.Key.(ast.ScalarNode); !ok {
			d.fail(place{key: key}, path, "a name must be a plain text", true)
			continue
		}
		name := key.Value
		if other, twice := first[name]; twice {
			// Which of the two is meant cannot be known: parsers differ.
			d.fail(place{key: key}, join(path, name), fmt.Sprintf("is given twice, first on line %d", other.Position.Line), true)
			continue
		}
		first[name] = key
		f(name, key, e.Value)
	}
}

func (d *decoder) fields(path string, entries []*ast.MappingValueNode, v reflect.Value) {
	known, names := map[string]int{}, []string{}
	for i := range v.NumField() {
		if name := v.Type().Field(i).Tag.Get("yaml"); name != "" {
			known[name] = i
			names = append(names, name)
		}
	}
	d.each(path, entries, func(name string, key *token.Token, n ast.Node) {
		i, ok := known[name]
		if !ok {
			p := place{key: key, value: n.GetToken()}
			if _, null := n.(*ast.NullNode); null {
				p.value = nil
			}
			d.fail(p, join(path, name), "unknown field; "+suggest(name, names), true)
			return
		}
		d.value(join(path, name), key, n, v.Field(i))
	})
}

func (d *decoder) entries(path string, entries []*ast.MappingValueNode, v reflect.Value) {
	v.Set(reflect.MakeMapWithSize(v.Type(), len(entries)))
	d.each(path, entries, func(name string, key *token.Token, n ast.Node) {
		element := reflect.New(v.Type().Elem())
		if p, ok := element.Interface().(*Provider); ok {
			*p = DefaultProvider()
		}
		d.value(join(path, name), key, n, element.Elem())
		v.SetMapIndex(reflect.ValueOf(name), element.Elem())
	})
}

func (d *decoder) items(path string, nodes []ast.Node, v reflect.Value) {
	v.Set(reflect.MakeSlice(v.Type(), len(nodes), len(nodes)))
	for i, n := range nodes {
		// An element has no name: what is missing in it is shown at its first
		// field.
		var key *token.Token
		if entries, ok := mapping(n); ok && len(entries) > 0 {
			key = entries[0].Key.GetToken()
		}
		d.value(fmt.Sprintf("%s[%d]", path, i), key, n, v.Index(i))
	}
}

// scalar decodes a single value after expanding it.
func (d *decoder) scalar(p place, path string, n ast.Node, v reflect.Value) {
	var text string
	switch n := n.(type) {
	case *ast.NullNode:
		d.fail(p, path, `has no value; "" is an empty one`, false)
		return
	case *ast.LiteralNode:
		text = n.Value.Value
	case ast.ScalarNode:
		// As written, so that a key or a name of digits keeps its zeros.
		text = n.GetToken().Value
	default:
		p.show = false
		d.fail(p, path, "must be a single value", false)
		return
	}
	text, err := expand(text, d.env)
	if err == nil {
		err = set(v, text)
	}
	if err != nil {
		d.fail(p, path, err.Error(), false)
	}
}

// set gives v what text says.
func set(v reflect.Value, text string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		t, err := time.ParseDuration(text)
		if err != nil {
			return errDuration
		}
		v.SetInt(int64(t))
	case v.Kind() == reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return errInt
		}
		v.SetInt(int64(n))
	case v.Kind() == reflect.Bool || v.Type() == reflect.TypeFor[*bool]():
		on := text == "true"
		if !on && text != "false" {
			return errBool
		}
		if v.Kind() == reflect.Bool {
			v.SetBool(on)
		} else {
			v.Set(reflect.ValueOf(&on))
		}
	default:
		v.SetString(text)
	}
	return nil
}

// addAll adds what is wrong with the values, each at its field, or at the
// nearest section that the file has. A field that could not be read keeps its
// default, about which nothing is to be said.
func (d *decoder) addAll(found []Problem) {
	for _, f := range found {
		if d.hasFailed(f.Path) {
			continue
		}
		p, at := place{}, f.Path
		for ok := false; !ok && at != ""; {
			if p, ok = d.at[at]; !ok {
				at = parent(at)
			}
		}
		if p.token() == nil {
			d.problems = append(d.problems, f)
			continue
		}
		d.problems = append(d.problems, p.problem(f.Path, f.Message, at != f.Path))
	}
}

// hasFailed reports whether the field or a section that it is in has a problem.
func (d *decoder) hasFailed(path string) bool {
	for ; path != ""; path = parent(path) {
		if d.failed[path] {
			return true
		}
	}
	return d.failed[""]
}
