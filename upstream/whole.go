package upstream

import (
	"bytes"
	"io"
	"sync"

	"tidegate/stream"
	"tidegate/upstream/dialect"
)

// maxKept is how much of a whole answer is kept until it has been passed on,
// in bytes, for its usage to be read. Of a longer one it is not known.
const maxKept = 256 << 10

// errorWithin is how far into a body that is an error the word stands, at most.
const errorWithin = 128

// wholeBody is an answer's body on its way to the client.
type wholeBody struct {
	src   io.ReadCloser
	call  *underWay
	page  *[]byte // borrowed, until Close
	kept  []byte  // what came, up to maxKept; in page if it has room
	given int     // bytes of kept that were read again
	more  bool    // than maxKept has come
	ended error   // of src
	used  stream.Usage

	read func([]byte) // is handed what was kept, at the end of a whole body
}

// scratch are pages that have room for nearly every whole answer.
var scratch = sync.Pool{New: func() any { p := make([]byte, 8<<10); return &p }}

// peek reads the body's beginning. If that may be an error's, it reads on to
// its end, up to maxErrorBody, and returns it. An answer of Chat may have an
// error anywhere, in a choice; one that has begun with white space only is on
// its way for long, and what comes is the client's sign of life. length is the
// whole body's, if it is known.
func (b *wholeBody) peek(length int64, api stream.API) (body []byte, err error) {
	b.page = scratch.Get().(*[]byte)
	b.kept = (*b.page)[:0]
	if length >= int64(cap(b.kept)) && length < maxKept {
		b.kept = make([]byte, 0, length+1) // with room to see the end
	}
	for len(b.kept) < errorWithin && b.ended == nil {
		b.fill()
	}
	start := bytes.TrimLeft(b.kept, " \t\r\n")
	chat := len(start) > 0 && (api == stream.ChatCompletions || api == stream.Completions)
	if chat || bytes.Contains(b.kept[:min(len(b.kept), errorWithin)], []byte(`"error`)) {
		for len(b.kept) < maxErrorBody && b.ended == nil {
			b.fill()
		}
		if !chat || dialect.Doubtful(b.kept) {
			body = b.kept
		}
	}
	if b.ended != nil && b.ended != io.EOF && len(b.kept) < errorWithin {
		return nil, b.ended
	}
	return body, nil
}

// fill reads into kept.
func (b *wholeBody) fill() {
	if len(b.kept) == cap(b.kept) {
		b.kept = append(b.kept, 0)[:len(b.kept)]
	}
	var n int
	n, b.ended = b.src.Read(b.kept[len(b.kept):cap(b.kept)])
	b.kept = b.kept[:len(b.kept)+n]
}

// Read implements io.Reader.
func (b *wholeBody) Read(p []byte) (n int, err error) {
	if b.given < len(b.kept) {
		n = copy(p, b.kept[b.given:])
		b.given += n
		return n, nil
	}
	if b.ended == nil {
		n, b.ended = b.src.Read(p)
		if b.more = b.more || len(b.kept)+n > maxKept; !b.more {
			b.kept = append(b.kept, p[:n]...)
			b.given = len(b.kept)
		} else if b.read == nil {
			b.kept, b.given = nil, 0 // nobody wants it any more
		}
	}
	switch b.ended {
	case nil:
	case io.EOF:
		if !b.whole() {
			b.call.broke()
			b.ended = io.ErrUnexpectedEOF // of the JSON: nobody may take it for a whole answer
		}
	default:
		b.call.broke()
	}
	return n, b.ended
}

// whole reads what was kept, once, and lets go of it. False: it ends early.
func (b *wholeBody) whole() bool {
	if b.page == nil {
		return true
	}
	if !b.more {
		b.used = b.call.provider.dialect.Usage(b.kept)
		if !b.used.Known() && dialect.EndsEarly(b.kept) {
			return false
		}
	}
	if b.read != nil {
		b.read(b.kept)
		b.read = nil
	}
	b.free()
	return true
}

// free gives the borrowed page back.
func (b *wholeBody) free() {
	if b.page != nil {
		scratch.Put(b.page)
		b.page = nil
	}
	b.kept, b.given = nil, 0
}

// usage is what the answer says of it.
func (b *wholeBody) usage() stream.Usage { return b.used }

// Close implements io.Closer.
func (b *wholeBody) Close() error {
	err := b.src.Close()
	b.call.end()
	b.free()
	return err
}

func noUsage() stream.Usage { return stream.Usage{} }
