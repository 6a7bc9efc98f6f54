package upstream

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// gulps is a body that gives one of them, or what fits of it, with each Read.
type gulps struct {
	left  [][]byte
	end   error // with the last bytes, if last says so
	last  bool
	asked []int // how many bytes each Read had room for
}

func (c *gulps) Read(p []byte) (n int, err error) {
	c.asked = append(c.asked, len(p))
	if len(c.left) == 0 {
		return 0, c.end
	}
	n = copy(p, c.left[0])
	if c.left[0] = c.left[0][n:]; len(c.left[0]) == 0 {
		c.left = c.left[1:]
	}
	if len(c.left) == 0 && c.last {
		return n, c.end
	}
	return n, nil
}

func (*gulps) Close() error { return nil }

// Whatever sizes come in, and whether they are waited for or not, the bytes come
// out as they are, and the end only behind them.
func TestSippedBytes(t *testing.T) {
	broken := errors.New("broken")
	rapid.Check(t, func(t *rapid.T) {
		src := &gulps{end: rapid.SampledFrom([]error{io.EOF, broken}).Draw(t, "end"), last: rapid.Bool().Draw(t, "with the last")}
		var want []byte
		for i := range rapid.IntRange(1, 20).Draw(t, "chunks") {
			chunk := []byte(noise(i, rapid.SampledFrom([]int{1, 100, sip - 1, sip, sip + 1, 3000}).Draw(t, "size")))
			src.left, want = append(src.left, chunk), append(want, chunk...)
		}
		b := &sipped{ReadCloser: src}
		var got []byte
		p := make([]byte, rapid.SampledFrom([]int{1, 400, sip, 16 << 10}).Draw(t, "room"))
		for {
			if rapid.Bool().Draw(t, "wait") {
				b.Wait()
			}
			reads, ready := len(src.asked), b.Ready()
			n, err := b.Read(p)
			if ready && (n == 0 || err != nil || len(src.asked) != reads) {
				t.Fatalf("ready, and then %d bytes and %v, after %d reads", n, err, len(src.asked)-reads)
			}
			got = append(got, p[:n]...)
			if err != nil {
				if err != src.end || !bytes.Equal(got, want) {
					t.Fatalf("%d of %d bytes, then %v", len(got), len(want), err)
				}
				return
			}
		}
	})
}

// What waits has room for little; what comes thick and fast is read at once.
func TestSippedRoom(t *testing.T) {
	large := make([]byte, 16<<10)
	src := &gulps{left: [][]byte{make([]byte, 300), make([]byte, 40<<10), make([]byte, 300)}, end: io.EOF}
	b := &sipped{ReadCloser: src}
	for range 7 {
		b.Wait()
		_, _ = b.Read(large)
	}
	want := []int{sip, sip, len(large), len(large), len(large), len(large), sip}
	if got := src.asked; !slices.Equal(got, want) {
		t.Errorf("read with room for %v, want %v", got, want)
	}
}
