package upstream

import "io"

// sip is how many bytes of a body are waited for that can't tell whether there
// are any.
const sip = 512

// sipped is such a body: waiter, with a small buffer of its own to wait with in
// place of the scanner's. HTTP/2 gives no other way.
type sipped struct {
	io.ReadCloser
	small [sip]byte
	rest  []byte // of small: not taken yet
	err   error  // what the wait has run into
	more  bool   // the newest read brought so much that there may be more at once
}

// Wait implements waiter. An error is left to Read.
func (b *sipped) Wait() {
	if len(b.rest) > 0 || b.more || b.err != nil {
		return
	}
	n, err := b.ReadCloser.Read(b.small[:])
	b.rest, b.more, b.err = b.small[:n], n == sip, err
}

// Ready implements waiter.
func (b *sipped) Ready() bool { return len(b.rest) > 0 }

// Read implements io.Reader.
func (b *sipped) Read(p []byte) (n int, err error) {
	switch {
	case len(b.rest) > 0:
		n = copy(p, b.rest)
		b.rest = b.rest[n:]
		return n, nil
	case b.err != nil:
		return 0, b.err
	}
	n, err = b.ReadCloser.Read(p)
	b.more = n >= sip || n == len(p)
	return n, err
}

// Widen implements waiter: there is no window of the stream's own to be had.
func (b *sipped) Widen(int) {}
