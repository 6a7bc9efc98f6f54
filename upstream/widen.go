package upstream

import (
	"time"

	"tidegate/stream"
)

// A stream of which the consumer takes wideAfter bytes within wideWithin gets a
// receive buffer of wideWindow bytes. That is 870 events of 300 bytes a second,
// which few models reach: this is for bulk, which small windows would cost half
// of its throughput. What a provider can send ahead of a consumer that stalls in
// a slower answer stays small.
//
// Of each event wideShare counts: one that is large among those of a model's
// pace makes no bulk, whose room they would then fill.
//
// wideAfter is more than what a client that stops after 100 events has in its
// sockets, which counts as taken. Linux offers up to 1.8 times wideWindow once
// segments are large.
const (
	wideAfter  = 64 << 10
	wideShare  = wideAfter / 4
	wideWithin = time.Second / 4
	wideWindow = 96 << 10
)

// widen asks for the large receive buffer when it is time.
func (s *source) widen(st *stream.Stream) {
	switch {
	case s.received.Sub(s.since) > wideWithin:
		s.since, s.taken = s.received, 0
	case s.taken > wideAfter && s.taken-max(0, st.Stats().Raw-s.excess) > wideAfter:
		s.wide = true
		s.wait.Widen(wideWindow)
	}
}
