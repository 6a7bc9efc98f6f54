package downstream

import (
	"bufio"
	"bytes"
	"strings"
	"testing"

	"tidegate/downstream/wire"
)

// A frame's head is as short as it may be, on every side of the lengths at
// which it grows (RFC 6455 section 5.2), and what is in the page before the
// frame stays there.
func TestFrameLengths(t *testing.T) {
	for _, n := range []int{20, 124, 125, 126, 127, 65534, 65535, 65536, 65537, 200000} {
		for _, several := range []bool{false, true} {
			f := framed{page: []byte("before")}
			m := wire.Message{T: wire.Refused}
			want := string(m.Append(nil))
			size := n - len(want) - len(`,"error":""`)
			if several {
				want = "[" + want + "," + want
				f.say(&m)
				size = n - len(want) - len(`,"error":""]`)
			}
			if size < 0 {
				continue
			}
			text := `"` + strings.Repeat("x", size) + `"`
			f.say(&wire.Message{T: wire.Refused, Err: []byte(text)})
			f.endFrame()
			want = strings.TrimSuffix(want, "}") + `,"error":` + text + "}"
			if several {
				want += "]"
			}
			p := readFramed(t, &f)
			first, payload, err := p.frame()
			if err != nil || first != fin|opText || string(payload) != want || len(payload) != n {
				t.Errorf("%d, several %v: %x, %d bytes, %v", n, several, first, len(payload), err)
			}
		}

		f := framed{page: []byte("before")}
		f.begin(binaryFrame)
		f.page = append(f.page, bytes.Repeat([]byte{7}, n)...)
		f.begin(textFrame) // ends the other
		f.op = 0
		p := readFramed(t, &f)
		if first, payload, err := p.frame(); err != nil || first != fin|opBinary || len(payload) != n || bytes.Count(payload, []byte{7}) != n {
			t.Errorf("%d, binary: %x, %d bytes, %v", n, first, len(payload), err)
		}
	}
}

func readFramed(t *testing.T, f *framed) *peer {
	t.Helper()
	rest, ok := bytes.CutPrefix(f.page, []byte("before"))
	if !ok {
		t.Fatalf("%.20q", f.page)
	}
	return &peer{t: t, r: bufio.NewReader(bytes.NewReader(rest))}
}
