package downstream

import "tidegate/stream"

// fill implements outlet. The page may hold a chunk of offered events already.
func (w *writer) fill([]byte) (filled []byte, last bool) {
	if len(w.head) > pageSize/4 {
		filled, w.head = w.head, nil
		return filled, w.final
	}
	if w.chunk == nil {
		w.open()
	}
	w.chunk = w.events(w.chunk, w.limit())
	size := len(w.chunk) - chunkHead
	space, end := w.page.space, w.at
	if size > 0 {
		putChunkHead(space[w.at:], size)
		end += len(w.chunk)
		end += copy(space[end:], "\r\n")
	}
	if w.whole {
		end += copy(space[end:], lastChunk)
	}
	w.chunk = nil
	return space[:end], w.final
}

// open begins a chunk in a page, behind the head where there is one.
func (w *writer) open() {
	w.borrow()
	w.at = copy(w.page.space, w.head)
	w.head = nil
	w.chunk = w.page.space[w.at : w.at+chunkHead]
}

// limit is how long a chunk may become in its page.
func (w *writer) limit() int { return len(w.page.space) - w.at - chunkTail - len(lastChunk) }

// events appends events to dst until it has limit bytes, and the end.
func (w *writer) events(dst []byte, limit int) []byte {
	if w.beat {
		w.beat = false
		dst = append(dst, ": keep-alive\n\n"...)
	}
	r := w.reader.Load()
	if r == nil {
		return dst
	}
	dst, all := w.put(dst, limit, r)
	if !all {
		return dst
	}
	end, ok := r.End()
	switch {
	case !ok:
		return dst
	case end.Reason != stream.Complete && end.Told:
		w.final = true
		return dst
	case end.Reason != stream.Complete:
		w.final = true
		return w.brokenOff(dst, endFailure(end))
	}
	w.final, w.whole, w.clean = true, true, true
	if w.manner.marker == "" {
		return dst
	}
	dst = append(append(dst, "data: "...), w.manner.marker...)
	return append(dst, "\n\n"...)
}

// brokenOff appends the event that says that the stream is not whole. It fits
// where a name would.
func (w *writer) brokenOff(dst []byte, f *failure) []byte {
	data := w.manner.end(nil, f, w.seq)
	if len(data) > maxNameFrame-frameSize-len("error") {
		f.message = ""
		data = w.manner.end(nil, f, w.seq)
	}
	if w.manner.errorEvent != "" {
		dst = append(append(append(dst, "event: "...), w.manner.errorEvent...), '\n')
	}
	dst = append(append(dst, "data: "...), data...)
	return append(dst, "\n\n"...)
}
