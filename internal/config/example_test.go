package config

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The reference says what the defaults are: it must not drift from them.
func TestExampleIsTheDefaults(t *testing.T) {
	want := Default()
	p := DefaultProvider()
	p.BaseURL = "http://127.0.0.1:18000/v1"
	p.Headers, p.APIKeys = map[string]Secret{}, []Secret{}
	want.Providers = map[string]Provider{"local": p}
	want.Models = map[string]Route{AnyModel: To("local")}
	want.Keys = []Key{}
	want.Origins = []string{}
	got := mustParse(t, Example, nil)
	if diff := cmp.Diff(want, got, ignoreNotes); diff != "" {
		t.Fatal(diff)
	}
	if w := got.Warnings(); len(w) > 0 {
		t.Fatalf("warnings: %q", w)
	}
}

// What is commented out works too when the comment is taken away.
func TestExampleUncommented(t *testing.T) {
	text := strings.Replace(Example, "\nkeys: []\n", "\n", 1)
	text = regexp.MustCompile(`(?m)^( *)# (auth: |playground: |gpt-4o: |fast: |large:|  - to: |    weight: |keys:|  - name: |    hash: )`).ReplaceAllString(text, "$1$2")
	c := mustParse(t, text, nil)
	if c.Auth != AuthKeys || len(c.Keys) != 1 || len(c.Models["gpt-4o"]) != 1 || len(c.Models["fast"]) != 2 || len(c.Models["large"]) != 2 || c.Playground == nil {
		t.Fatalf("auth %q, keys %v, models %v", c.Auth, c.Keys, c.Models)
	}
}

func TestExampleNamesEveryField(t *testing.T) {
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Map, reflect.Slice:
			walk(typ.Elem())
		case reflect.Struct:
			for f := range typ.Fields() {
				name := f.Tag.Get("yaml")
				if name == "" {
					continue
				}
				if !regexp.MustCompile(`(?m)^[ #-]*` + name + `:`).MatchString(Example) {
					t.Errorf("%s.%s: no line for %q", typ.Name(), f.Name, name)
				}
				walk(f.Type)
			}
		}
	}
	walk(reflect.TypeFor[Config]())
}
