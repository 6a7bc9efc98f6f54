package stream

// given is how much a consumer's decoder, which was given every event of this
// reader, has of what the stream's next record is encoded against.
type given int

const (
	givenNothing given = iota
	givenText          // the event before, but not where it differed from the one before it
	givenAll
)

// take says whether the decoder can read the first record of p as it is. If
// not, the consumer encodes the event anew, and then it has its text.
func (g *given) take(p []byte) bool {
	switch kind, payload, _, _ := cutRecord(p); {
	case kind == kindLiteral, kind == kindPreset && payload[0] == 0: // nothing is needed
		*g = givenAll
	case kind != kindSame && *g == givenText:
		*g = givenAll
	}
	if *g != givenAll {
		*g = givenText
		return false
	}
	return true
}

// Ready says whether there is something to take since the last
// acknowledgement: an event and credit for it, or the end.
func (r *Reader) Ready() bool {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reader == r && (s.sent < min(s.appended, s.max) || s.ended)
}

// NextRecord is Next for a consumer that passes records on to a Decoder: one
// that is as new as the reader, and is Reset after an event of more than
// MaxBase bytes that it is not given. The event's record, as the stream holds
// it, is appended to dst where that Decoder can read it; then ev may be left
// empty, since an event that nobody looks at is not decoded, unless it has more
// than MaxBase bytes. Otherwise nothing is appended, and the consumer encodes
// the event itself, with an Encoder that is as new as the reader or as the last
// record that was passed on.
func (r *Reader) NextRecord(ev *Event, dst []byte) (record []byte, seq uint64, ok bool) {
	seq, ok = r.next(ev, &dst)
	return dst, seq, ok
}
