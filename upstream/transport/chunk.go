package transport

// maxChunkLine is how much of a chunk's first line is looked at.
const maxChunkLine = 64

// hasChunk says whether a whole chunk (RFC 9112 section 7.1) has come in.
// Less is not enough: net/http's decoder waits for the rest of a chunk that it
// has begun, even when it has something to give.
func (c *conn) hasChunk() bool {
	n := c.in.Buffered()
	head, _ := c.in.Peek(n)
	there := n + len(c.ready)

	at := 0
	next := func() (byte, bool) {
		if at >= there || at >= maxChunkLine {
			return 0, false
		}
		at++
		if at <= n {
			return head[at-1], true
		}
		return c.ready[at-1-n], true
	}
	// the end of the chunk before, if it is still there
	b, ok := next()
	if b == '\r' {
		if b, ok = next(); b != '\n' {
			return false
		}
		b, ok = next()
	}
	size := 0
	for ; ok && b != '\r' && b != '\n' && b != ';'; b, ok = next() {
		digit := unhex(b)
		if digit < 0 || size > 1<<30 {
			return false
		}
		size = size<<4 | digit
	}
	for ; ok && b != '\n'; b, ok = next() { // an extension
	}
	return ok && there-at >= size
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
