package stream

import "sync"

// Pages lends the buffers of many streams: a buffer that is empty, which in a
// stream that keeps up it nearly always is, costs nothing. Safe for
// concurrent use.
type Pages struct {
	size int
	pool sync.Pool
}

// NewPages lends buffers of size bytes.
func NewPages(size int) *Pages {
	return &Pages{size: size}
}

// Size is the size of each buffer in bytes.
func (p *Pages) Size() int { return p.size }

func (p *Pages) get() *page {
	if v, ok := p.pool.Get().(*page); ok {
		return v
	}
	return &page{make([]byte, p.size)}
}

type page struct{ b []byte }

// buffer holds the records that are not acknowledged, in order, in at most
// one page. The cursor stands before the first record that is not handed out.
type buffer struct {
	pages  *Pages
	page   *page // nil while nothing is held
	head   int   // where the oldest record begins
	cursor int
	tail   int
	high   int // most bytes ever held
}

func (b *buffer) used() int { return b.tail - b.head }

func (b *buffer) fits(n int) bool { return b.used()+n <= b.pages.size }

// append adds a record; the caller has seen that it fits.
func (b *buffer) append(record []byte) {
	if b.page == nil {
		b.page = b.pages.get()
	}
	if b.tail+len(record) > len(b.page.b) {
		copy(b.page.b, b.page.b[b.head:b.tail])
		b.cursor, b.tail, b.head = b.cursor-b.head, b.tail-b.head, 0
	}
	if copy(b.page.b[b.tail:], record) != len(record) {
		panic("stream: a record was appended that does not fit")
	}
	b.tail += len(record)
	b.high = max(b.high, b.used())
}

// unread is the records that are not handed out.
func (b *buffer) unread() []byte {
	if b.page == nil {
		return nil
	}
	return b.page.b[b.cursor:b.tail]
}

// given is the records that are handed out and not released.
func (b *buffer) given() []byte {
	if b.page == nil {
		return nil
	}
	return b.page.b[b.head:b.cursor]
}

// oldest is all records held.
func (b *buffer) oldest() []byte {
	if b.page == nil {
		return nil
	}
	return b.page.b[b.head:b.tail]
}

// handOut moves the cursor behind a record of n bytes.
func (b *buffer) handOut(n int) { b.cursor += n }

// release frees the oldest record, of n bytes.
func (b *buffer) release(n int) {
	b.head += n
	b.cursor = max(b.cursor, b.head)
	if b.head == b.tail {
		b.drop()
	}
}

// rewind puts the cursor before the oldest record.
func (b *buffer) rewind() { b.cursor = b.head }

// drop frees everything.
func (b *buffer) drop() {
	if b.page != nil {
		b.pages.pool.Put(b.page)
	}
	b.page, b.head, b.cursor, b.tail = nil, 0, 0, 0
}
