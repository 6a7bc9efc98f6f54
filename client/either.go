package client

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// either tries a transport, and another one where the first does not get
// through: transport. Somebody behind a proxy that knows no WebSocket should
// not pay for each attempt, so the one that works is kept for a while.
type either struct {
	first, second transport
	until         atomic.Int64 // Unix nanoseconds: when the first is tried again
}

const tryAgainAfter = 5 * time.Minute

func (t *either) open(ctx context.Context, s *Stream, call Call) (link, error) {
	return t.try(func(via transport) (link, error) { return via.open(ctx, s, call) })
}

func (t *either) resume(ctx context.Context, s *Stream) (link, error) {
	return t.try(func(via transport) (link, error) { return via.resume(ctx, s) })
}

// try tries. Only what did not reach the gateway is tried a second way: a call
// must not be made twice.
func (t *either) try(via func(transport) (link, error)) (link, error) {
	if time.Now().UnixNano() < t.until.Load() {
		if l, err := via(t.second); err == nil || !unreached(err) {
			return l, err
		}
		t.until.Store(0)
	}
	l, err := via(t.first)
	if !errors.Is(err, errBlocked) {
		return l, err
	}
	l, err2 := via(t.second)
	if err2 != nil && unreached(err2) {
		return nil, err
	}
	t.until.Store(time.Now().Add(tryAgainAfter).UnixNano())
	return l, err2
}
