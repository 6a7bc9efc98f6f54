package upstream

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// Oversize bounds the sum of all events larger than a stream's buffer that
// the process holds. At the bound the next such event waits, first come first
// served, and with it its provider. Safe for concurrent use.
type Oversize struct {
	total int64
	sem   *semaphore.Weighted
	held  atomic.Int64
}

// NewOversize allows for total bytes.
func NewOversize(total int64) *Oversize {
	return &Oversize{total: total, sem: semaphore.NewWeighted(total)}
}

// Held is how many bytes are reserved now.
func (o *Oversize) Held() int64 { return o.held.Load() }

// Total is how many bytes may be.
func (o *Oversize) Total() int64 { return o.total }

func (o *Oversize) reserve(ctx context.Context, n int64) (*reservation, error) {
	n = min(n, o.total)
	if err := o.sem.Acquire(ctx, n); err != nil {
		return nil, err
	}
	o.held.Add(n)
	return &reservation{o: o, n: n}, nil
}

// reservation is a share of an Oversize. A nil one is none.
type reservation struct {
	o *Oversize
	n int64
}

// shrink gives back what is more than n bytes.
func (r *reservation) shrink(n int64) {
	if more := r.n - n; more > 0 {
		r.n = n
		r.o.held.Add(-more)
		r.o.sem.Release(more)
	}
}

// free gives everything back.
func (r *reservation) free() {
	if r != nil {
		r.shrink(0)
	}
}
