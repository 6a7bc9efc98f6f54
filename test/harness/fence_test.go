package harness

import (
	"slices"
	"testing"
)

func TestFencesOf(t *testing.T) {
	got := fencesOf("p.md", "a\n```sh\none\n\ntwo\n```\nb\n```\n```\n```js\nnever closed\n")
	want := []Fence{{"p.md", 2, "sh", "one\n\ntwo\n"}, {"p.md", 8, "", ""}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
