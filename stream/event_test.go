package stream

import (
	"bytes"
	"testing"
)

func TestText(t *testing.T) {
	for _, nameSize := range []int{0, 1, 127, 128, 16383, 16384, 1 << 21} {
		for _, dataSize := range []int{0, 1, 1000} {
			ev := Event{Name: bytes.Repeat([]byte{'n'}, nameSize), Data: bytes.Repeat([]byte{'d'}, dataSize)}
			text := appendText(nil, ev)
			if textSize(ev) != len(text) {
				t.Errorf("name %d, data %d: size %d, text of %d bytes", nameSize, dataSize, textSize(ev), len(text))
			}
			got, ok := splitText(text)
			if !ok || !bytes.Equal(got.Name, ev.Name) || !bytes.Equal(got.Data, ev.Data) {
				t.Errorf("name %d, data %d: not split as joined", nameSize, dataSize)
			}
		}
	}
}
