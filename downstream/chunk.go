package downstream

import "sync"

// pageSize is how much of a stream is written at once, in bytes. A page is
// borrowed while bytes are in flight; a stream that waits has none.
const pageSize = 16 << 10

var copyPages = sync.Pool{New: func() any { p := make([]byte, 2*pageSize); return &p }}

// widePage is the same for bulk: room for all that a stream may hold of events.
const widePage = 32 << 10

// page is what is being written: a chunk of the chunked transfer coding
// (RFC 9112 section 7.1), with whatever comes before and after it.
type page struct {
	space []byte
}

var (
	pages     = sync.Pool{New: func() any { return &page{make([]byte, pageSize)} }}
	widePages = sync.Pool{New: func() any { return &page{make([]byte, widePage)} }}
)

func borrowPage(wide bool) *page {
	if wide {
		return widePages.Get().(*page)
	}
	return pages.Get().(*page)
}

func (p *page) giveBack() {
	if len(p.space) == widePage {
		widePages.Put(p)
	} else {
		pages.Put(p)
	}
}

// A chunk's size is written with as many digits, always, so that its place is
// known before the size is.
const (
	sizeDigits = 4 // widePage < 0x10000
	chunkHead  = sizeDigits + 2
	chunkTail  = 2
	lastChunk  = "0\r\n\r\n"
)

// putChunkHead writes the size of the chunk whose data begin at chunkHead.
func putChunkHead(p []byte, size int) {
	const hex = "0123456789abcdef"
	for i := sizeDigits - 1; i >= 0; i-- {
		p[i] = hex[size&15]
		size >>= 4
	}
	p[sizeDigits], p[sizeDigits+1] = '\r', '\n'
}
