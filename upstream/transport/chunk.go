package transport

import (
	"bytes"
	"fmt"
	"io"
)

// maxExcess bounds the framing, in bytes, that comes with too little payload: a
// server can't keep a call busy with extensions for ever.
const maxExcess = 16 << 10

// maxChunk is more than anything that streams: chunks are smaller.
const maxChunk = 1 << 28

// chunked decodes the chunked transfer coding (RFC 9112 section 7.1). Unlike
// net/http's decoder, which waits for the rest of a chunk that it has begun even
// when it has something to give, it gives what has come in, and can tell
// whether anything has. Trailers are dropped.
type chunked struct {
	c      *conn
	next   part
	left   int // payload of the chunk under way that is not read yet
	excess int
	err    error // final; io.EOF is the end that the coding marks
}

// part is what comes next.
type part uint8

const (
	chunkSize part = iota
	chunkData
	chunkEnd
	trailer
)

// Read implements io.Reader. It waits only while it has nothing to give.
func (d *chunked) Read(p []byte) (n int, err error) {
	for len(p) > 0 && d.settle(n == 0) {
		got, err := d.c.in.Read(p[:min(len(p), d.left)])
		n, p = n+got, p[got:]
		if d.left -= got; d.left == 0 {
			d.next = chunkEnd
		}
		if err != nil {
			d.cut(err)
		}
	}
	return n, d.err
}

// settle passes over framing up to the next payload. True: Read has something
// to give, or is where waiting belongs. With wait it waits for that.
func (d *chunked) settle(wait bool) bool {
	for d.err == nil {
		if d.next == chunkData {
			if wait {
				d.c.wait()
			}
			return wait || d.c.has() || d.c.more()
		}
		line, ok := d.line(wait)
		if !ok {
			return false
		}
		switch d.next {
		case chunkSize:
			d.begin(line)
		case chunkEnd:
			d.next = chunkSize
			if len(line) > 0 {
				d.malformed("a chunk is longer than it says")
			}
		case trailer:
			if len(line) == 0 {
				d.err = io.EOF
			} else if d.excess += len(line); d.excess > d.c.in.Size() {
				d.malformed("the trailer is too long")
			}
		}
	}
	return false
}

// begin begins the chunk whose first line this is.
func (d *chunked) begin(line []byte) {
	size, digits := 0, 0
	for ; digits < len(line); digits++ {
		digit := unhex(line[digits])
		if digit < 0 {
			break
		}
		if size >= maxChunk>>4 {
			d.malformed("a chunk is too large")
			return
		}
		size = size<<4 | digit
	}
	rest := bytes.TrimLeft(line[digits:], " \t")
	if digits == 0 || len(rest) > 0 && rest[0] != ';' {
		d.malformed("a chunk has no size")
		return
	}
	if size == 0 {
		d.next, d.excess = trailer, 0
		return
	}
	d.next, d.left = chunkData, size
	if d.excess = max(0, d.excess+len(line)-16-2*size); d.excess > maxExcess {
		d.malformed("more framing than payload")
	}
}

// line gives the next line, without its end, if it has come in or may be waited
// for. It is valid until the next read.
func (d *chunked) line(wait bool) ([]byte, bool) {
	in := d.c.in
	for {
		n := in.Buffered()
		there, _ := in.Peek(n)
		if i := bytes.IndexByte(there, '\n'); i >= 0 {
			_, _ = in.Discard(i + 1)
			if i == 0 || there[i-1] != '\r' {
				d.malformed("a line ends without CR")
				return nil, false
			}
			return there[:i-1], true
		}
		if n == in.Size() {
			d.malformed("a line is too long")
			return nil, false
		}
		if !wait && !d.c.more() {
			return nil, false
		}
		if _, err := in.Peek(n + 1); err != nil {
			d.cut(err)
			return nil, false
		}
	}
}

// cut is the end of the connection, which is none of the body.
func (d *chunked) cut(err error) {
	if d.err = err; err == io.EOF {
		d.err = io.ErrUnexpectedEOF
	}
}

func (d *chunked) malformed(what string) {
	d.err = fmt.Errorf("%w: %s", ErrMalformed, what)
}

func unhex(b byte) int {
	switch {
	case '0' <= b && b <= '9':
		return int(b - '0')
	case 'a' <= b && b <= 'f':
		return int(b-'a') + 10
	case 'A' <= b && b <= 'F':
		return int(b-'A') + 10
	}
	return -1
}
