package transport

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
)

// body is the body of a lean response. One goroutine reads it; another may
// close it meanwhile.
type body struct {
	src      io.Reader // the decoder: chunks, or net/http's
	conn     *conn
	ctx      context.Context
	stop     func() bool // undoes the cancellation by ctx
	idle     *idle
	reusable bool
	chunks   *chunked // nil: the body comes as it is

	closed  atomic.Bool
	settled atomic.Bool // the connection was given back or closed
	err     error       // what Read returns from now on; the reader's
}

// Read returns io.EOF only at the end that the response's framing marks,
// [io.ErrUnexpectedEOF] where the connection ended before it, and the context's
// error once that is done, which closes the connection, and what had come in was
// read.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.closed.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := b.src.Read(p)
	switch {
	case err == nil:
		return n, nil
	case err == io.EOF:
		b.err = err
		b.finish(err)
		return n, err
	case b.closed.Load():
		return n, b.fail(http.ErrBodyReadAfterClose)
	case b.ctx.Err() != nil:
		return n, b.fail(b.ctx.Err())
	case b.conn.readErr == io.EOF:
		// The decoder has other words for some of the places to be cut at.
		return n, b.fail(io.ErrUnexpectedEOF)
	default:
		return n, b.fail(err)
	}
}

func (b *body) fail(err error) error {
	b.err = err
	b.finish(err)
	return err
}

// Close cancels the call, by closing the connection, unless the body was read
// to its end. It never blocks and never reads on.
func (b *body) Close() error {
	b.closed.Store(true)
	b.finish(nil)
	return nil
}

// finish gives the connection back after a clean end and closes it otherwise.
// Only the first call has an effect.
func (b *body) finish(reason error) {
	if !b.settled.CompareAndSwap(false, true) {
		return
	}
	// When stop comes too late the context is closing the connection already.
	if b.stop() && reason == io.EOF && b.reusable && b.conn.spotless() {
		b.idle.put(b.conn)
		return
	}
	b.conn.close()
}

// Wait blocks until Read need not, where the connection can tell; an error is
// left to Read. It lets the reader borrow its buffer only when there is
// something to put there. To be called by the reader.
func (b *body) Wait() {
	switch {
	case b.err != nil || b.closed.Load():
	case b.chunks != nil:
		b.chunks.settle(true)
	default:
		b.conn.wait()
	}
}

// Ready says whether more can be read without waiting, so that what has come
// together can be passed on together. To be called by the reader.
func (b *body) Ready() bool {
	if b.err != nil || b.closed.Load() {
		return false
	}
	if b.chunks != nil {
		return b.chunks.settle(false)
	}
	return b.conn.has() || b.conn.more()
}

// Widen lets the provider send up to size bytes ahead, for a stream that has
// shown that it takes them. A window that was offered is never taken back, so
// the connection is not used for another call. To be called by the reader.
func (b *body) Widen(size int) {
	if b.err != nil || b.settled.Load() {
		return // the connection is another call's by now
	}
	b.reusable = false
	b.conn.wide = true
	widen(b.conn.tcp, size)
}
