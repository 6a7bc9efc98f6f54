package config

import (
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml/ast"
)

// route decodes a Route, which is a target or a list of them. A single one
// stands at the route's own path.
func (d *decoder) route(path string, p place, n ast.Node, v reflect.Value) {
	nodes := []ast.Node{n}
	list, several := n.(*ast.SequenceNode)
	if several {
		nodes = list.Values
		d.at[path] = p.section()
	}
	targets := make(Route, len(nodes))
	for i, n := range nodes {
		at := path
		if len(nodes) > 1 {
			at = fmt.Sprintf("%s[%d]", path, i)
		}
		key := p.key
		if entries, ok := mapping(n); ok {
			targets[i].Weight = 1
			if several && len(entries) > 0 {
				key = entries[0].Key.GetToken()
			}
			d.value(at, key, n, reflect.ValueOf(&targets[i]).Elem())
			continue
		}
		if several {
			key = nil // an element of a list has none
		}
		d.value(at, key, n, reflect.ValueOf(&targets[i].To).Elem())
	}
	v.Set(reflect.ValueOf(targets))
}
