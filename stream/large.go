package stream

// large is an event larger than the buffer, held alone.
type large struct {
	held  bool
	event Event
	free  func() // nil: its memory is nobody else's concern
}

func (l *large) size() int { return len(l.event.Name) + len(l.event.Data) }

func (l *large) drop() {
	if l.free != nil {
		l.free()
	}
	*l = large{}
}
