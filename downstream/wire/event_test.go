package wire

import (
	"math"
	"testing"
)

func TestAppendEvent(t *testing.T) {
	for _, m := range []Message{
		{T: Event, Seq: 1, Data: []byte(`{}`)},
		{T: Event, S: math.MaxUint32, Seq: math.MaxUint64, Event: "delta", Data: []byte(`{"a":[1, "\u00e9<"]}`)},
		{T: Event, S: 1, Seq: 2, Event: "a\"b\n<\u00e9\x00\u2028", Data: []byte(`1`)},
	} {
		got, want := AppendEvent([]byte("x"), m.S, m.Seq, []byte(m.Event), m.Data), m.Append([]byte("x"))
		if string(got) != string(want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
