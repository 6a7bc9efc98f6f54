package stream

// Preset is the text that all decoders know.
const Preset = preset

// HoldsPage says whether the stream has a buffer borrowed.
func (s *Stream) HoldsPage() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.page != nil
}
