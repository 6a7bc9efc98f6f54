//go:build linux || darwin

package transport

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// chunking writes text in chunks of the drawn sizes.
func chunking(t *rapid.T, text string) string {
	var wire strings.Builder
	for rest := text; len(rest) > 0; {
		n := min(len(rest), rapid.OneOf(rapid.IntRange(1, 40), rapid.IntRange(1, 3000)).Draw(t, "chunk"))
		form := rapid.SampledFrom([]string{"%x", "%X", "%04x", "%x;ext", "%x; a=\"b\"", "%x\t"}).Draw(t, "form")
		fmt.Fprintf(&wire, form+"\r\n%s\r\n", n, rest[:n])
		rest = rest[n:]
	}
	wire.WriteString(rapid.SampledFrom([]string{"0\r\n\r\n", "000\r\n\r\n", "0;x\r\n\r\n", "0\r\nX-Sum: 1\r\nX-Y: z\r\n\r\n"}).Draw(t, "end"))
	return wire.String()
}

// Whatever way the bytes come in, a body is what net/http's decoder makes of
// the whole; nothing waits where it must not, nor holds a page while it waits;
// and each event is there as soon as its last byte is.
func TestChunksInAnySplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.StringMatching(`[a-f0-9\r\n;]{0,30}|data: [a-z]{1,9}\n\n`), 0, 40).Draw(t, "text"), "")
		text += strings.Repeat("\n12\r\n", rapid.IntRange(0, 500).Draw(t, "more"))
		wire := chunking(t, text)
		sizes := rapid.SampledFrom([]*rapid.Generator[int]{rapid.IntRange(1, 4), rapid.IntRange(1, 80), rapid.IntRange(1, 5000)})
		f := newFeed(t, split(wire, func() int { return sizes.Draw(t, "sizes").Draw(t, "piece") })...)
		defer f.close()
		b := f.body(t.Context(), true)
		b.reusable = true
		page := rapid.SampledFrom([]int{1, 5, 100, 511, 512, 513, 2048, 1 << 16})
		got, err := f.read(b, func() int { return page.Draw(t, "page") })

		whole, _ := io.ReadAll(httpBody(t, wire))
		if err != io.EOF || string(got) != string(whole) || string(got) != text {
			t.Fatalf("%v\n got %q\nwant %q", err, got, text)
		}
		if b.idle.len() != 1 {
			t.Fatal("the connection is not used again")
		}
		b.idle.close()
	})
}

// httpBody is a body as net/http reads it.
func httpBody(t fatal, wire string) io.Reader {
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(streamed+wire)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Body
}

// What has come in of a chunk is given at once: its rest may be long in coming.
func TestChunkInParts(t *testing.T) {
	f := newFeed(t, []byte("5\r\nevent\r\n5\r\nev"), []byte("en"), []byte("t\r\n0\r\n"), []byte("\r\n"))
	defer f.close()
	b := f.body(t.Context(), true)
	p := make([]byte, 100)
	for _, want := range []string{"eventev", "en", "t"} {
		f.waiting = true
		b.Wait()
		f.waiting = false
		if n, err := b.Read(p); err != nil || string(p[:n]) != want {
			t.Fatalf("got %q, %v, want %q", p[:n], err, want)
		}
		if b.Ready() {
			t.Fatalf("ready after %q, which was all", want)
		}
	}
	f.waiting = true
	if n, err := b.Read(p); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

// A body cut at any byte is never a whole one, and what came before is given.
func TestChunksCutAnywhere(t *testing.T) {
	wire := "3\r\nabc\r\n10;x=y\r\n0123456789abcdef\r\n0\r\nX: 1\r\n\r\n"
	for at := range len(wire) {
		f := newFeed(t, split(wire[:at], func() int { return 6 })...)
		got, err := f.read(f.body(t.Context(), true), func() int { return 100 })
		f.close()
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix("abc0123456789abcdef", string(got)) {
			t.Errorf("cut at %d: %q, %v", at, got, err)
		}
		if payload := at - len("3\r\n"); len(got) < min(3, payload) {
			t.Errorf("cut at %d: only %q was given", at, got)
		}
	}
}

func TestChunksMalformed(t *testing.T) {
	for name, wire := range map[string]string{
		"no size":               "\r\nabc\r\n",
		"no digits":             "xyz\r\nabc\r\n",
		"a sign":                "+3\r\nabc\r\n",
		"only an extension":     ";x\r\nabc\r\n",
		"bare LF":               "3\nabc\r\n",
		"bare LF after a chunk": "3\r\nabc\n0\r\n\r\n",
		"longer than it says":   "3\r\nabcd\r\n0\r\n\r\n",
		"absurdly long":         "ffffffffffffffff\r\nabc",
		"a quarter of a GiB":    "10000000\r\nabc",
		"a line for ever":       "3;" + strings.Repeat("x", 600) + "\r\nabc\r\n0\r\n\r\n",
		"a trailer for ever":    "0\r\n" + strings.Repeat("X: y\r\n", 200) + "\r\n",
		"all framing":           strings.Repeat("1;"+strings.Repeat("x", 400)+"\r\na\r\n", 100) + "0\r\n\r\n",
	} {
		f := newFeed(t, split(wire, func() int { return 4096 })...)
		_, err := f.read(f.body(t.Context(), true), func() int { return 100 })
		f.close()
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
