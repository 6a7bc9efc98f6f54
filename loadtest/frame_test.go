package loadtest

import (
	"net"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// nowhere is a connection that takes everything.
type nowhere struct{ net.Conn }

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// What comes out does not depend on how the bytes came.
func TestFrames(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	stream := "\x81\x03one" + "\x82\x7e\x00\xc8" + long[:200] + "\x01\x01a\x89\x01p\x00\x01b\x80\x01c" +
		"\x82\x7f\x00\x00\x00\x00\x00\x01\x11\x70" + long + "\x88\x02\x0f\xa0" + "\x81\x05cut"
	want := []string{"1one", "2" + long[:200], "9p", "1abc", "2" + long, "8\x0f\xa0"}
	rapid.Check(t, func(t *rapid.T) {
		var f frames
		var got []string
		for rest := stream; rest != ""; {
			n := min(len(rest), rapid.OneOf(rapid.IntRange(1, 5), rapid.IntRange(10_000, 50_000)).Draw(t, "n"))
			_ = f.fill([]byte(rest[:n]))
			rest = rest[n:]
			for {
				op, payload, ok, err := f.next()
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				got = append(got, string('0'+rune(op))+string(payload))
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%.300q", got)
		}
	})
}

func TestFramesRefuse(t *testing.T) {
	for name, bytes := range map[string]string{
		"masked": "\x81\x81abcdx", "a reserved bit": "\xc1\x01x", "more than the limit": "\x82\x7f\x00\x00\x00\x01\x00\x00\x00\x00",
		"fragments of more": "\x01\x7f\x00\x00\x00\x00\x00\x10\x00\x00" + strings.Repeat("x", frameLimit) + "\x80\x01x",
	} {
		var f frames
		_ = f.fill([]byte(bytes))
		if _, _, ok, err := f.next(); err == nil {
			t.Errorf("%s is a frame: %v", name, ok)
		}
	}
}

// A client's frame is masked, and long ones are cut.
func TestAppendFrame(t *testing.T) {
	for _, size := range []int{0, 5, 125, 126, longestSent, longestSent + 1, 3 * longestSent} {
		payload := strings.Repeat("abc", size/3+1)[:size]
		frame := appendFrame(nil, opText, []byte(payload))
		var got []byte
		last := false
		for op := byte(opText); len(frame) > 0; op = opMore {
			if frame[0]&0x0f != op || frame[1]&0x80 == 0 {
				t.Fatalf("%d: op %d, mask %x", size, frame[0], frame[1])
			}
			last = frame[0]&0x80 != 0
			n, at := int(frame[1]&0x7f), 2
			if n == 126 {
				n, at = int(frame[2])<<8|int(frame[3]), 4
			}
			for i := range n {
				got = append(got, frame[at+4+i]^frame[at+i&3])
			}
			frame = frame[at+4+n:]
		}
		if string(got) != payload || !last {
			t.Errorf("%d bytes: %d came, last %t", size, len(got), last)
		}
	}
}
