package stream

import (
	"context"
	"errors"
	"sync"
)

// ErrFull is returned when as many calls are under way as the registry admits.
var ErrFull = errors.New("stream: too many calls at once")

// ErrDraining is returned for a new call once the registry drains.
var ErrDraining = errors.New("stream: shutting down")

// Registry knows all calls that are under way, and bounds them. Safe for
// concurrent use.
type Registry struct {
	max int

	mu       sync.Mutex
	seats    map[*Seat]struct{}
	draining bool
	empty    chan struct{} // closed when draining and no seat is taken
}

// Seat is one call's place in a registry. A call that streams puts its stream
// on it.
type Seat struct {
	r       *Registry
	stop    func(End)
	stopped bool // a second Drain must not stop it again
	stream  *Stream
}

// NewRegistry admits max calls at once.
func NewRegistry(max int) *Registry {
	return &Registry{max: max, seats: map[*Seat]struct{}{}, empty: make(chan struct{})}
}

// Max is the number of calls admitted at once.
func (r *Registry) Max() int { return r.max }

// Take admits one call, or returns ErrFull or ErrDraining. stop is called at
// most once, if the call has to end before its time; it must not block. Every
// seat taken has to be left.
func (r *Registry) Take(stop func(End)) (*Seat, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.draining {
		return nil, ErrDraining
	}
	if len(r.seats) >= r.max {
		return nil, ErrFull
	}
	seat := &Seat{r: r, stop: stop}
	r.seats[seat] = struct{}{}
	return seat, nil
}

// Put shows the call's stream to Each.
func (seat *Seat) Put(s *Stream) {
	seat.r.mu.Lock()
	defer seat.r.mu.Unlock()
	seat.stream = s
}

// Leave gives the seat back. Calling it again does nothing.
func (seat *Seat) Leave() {
	r := seat.r
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.seats[seat]; !ok {
		return
	}
	delete(r.seats, seat)
	if r.draining && len(r.seats) == 0 {
		close(r.empty)
	}
}

// Len is the number of calls under way.
func (r *Registry) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seats)
}

// Each calls f for every stream under way, with the registry not locked.
func (r *Registry) Each(f func(*Stream)) {
	r.mu.Lock()
	streams := make([]*Stream, 0, len(r.seats))
	for seat := range r.seats {
		if seat.stream != nil {
			streams = append(streams, seat.stream)
		}
	}
	r.mu.Unlock()
	for _, s := range streams {
		f(s)
	}
}

// Refuse admits nothing more, and is what Drain begins with.
func (r *Registry) Refuse() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.draining {
		r.draining = true
		if len(r.seats) == 0 {
			close(r.empty)
		}
	}
}

// Drain admits nothing more and waits until every call has ended, or until
// ctx is done: then the calls that are left are told to end with Shutdown,
// and Drain waits for them to leave. It returns how many those were.
func (r *Registry) Drain(ctx context.Context) (cut int) {
	r.Refuse()
	select {
	case <-r.empty:
		return 0
	case <-ctx.Done():
	}

	r.mu.Lock()
	left := make([]*Seat, 0, len(r.seats))
	for seat := range r.seats {
		if !seat.stopped {
			seat.stopped = true
			left = append(left, seat)
		}
	}
	r.mu.Unlock()
	for _, seat := range left {
		seat.stop(End{Reason: Shutdown, Message: "the gateway is shutting down"})
	}
	<-r.empty
	return len(left)
}

// Draining says whether Refuse or Drain was called.
func (r *Registry) Draining() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.draining
}
