package stream

import "math"

// raw is what the events held had in bytes when the provider sent them.
type raw struct {
	held int // of the events in the buffer; where nobody resumes, of those not handed out
	sent int // where nobody resumes: of those handed out and not acknowledged
}

// fits says whether an event of size bytes is within the limit. One event
// always is.
func (r *raw) fits(size, limit int) bool {
	had := r.held + r.sent
	return limit == 0 || had == 0 || had+size <= limit
}

// room is how many bytes more are within the limit.
func (r *raw) room(limit int) int {
	if limit == 0 {
		return math.MaxInt
	}
	return limit - r.held - r.sent
}

// half says whether enough is gone for an event of size bytes to be taken.
func (r *raw) half(size, limit int) bool {
	return limit == 0 || r.held+r.sent <= max(0, min(limit/2, limit-size))
}
