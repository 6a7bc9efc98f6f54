package wire

import (
	"encoding/binary"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestSplitText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, data := rapid.SliceOf(rapid.Byte()).Draw(t, "name"), rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		text := append(append(binary.AppendUvarint(nil, uint64(len(name))), name...), data...)
		n, d, err := SplitText(text)
		if err != nil || string(n) != string(name) || string(d) != string(data) {
			t.Fatal(n, d, err)
		}
	})
	for _, p := range [][]byte{nil, {1}, {0x80}, {5, 'a'}} {
		if _, _, err := SplitText(p); !errors.Is(err, ErrText) {
			t.Errorf("%x: %v", p, err)
		}
	}
}
