package provider

import (
	"context"
	"time"
)

// sleep returns after d, or at once with the cause when the caller goes.
func (x *exchange) sleep(d time.Duration) error {
	if d <= 0 && d != Forever {
		return nil
	}
	var after <-chan time.Time // nil, for Forever, never fires
	if d != Forever {
		if x.timer == nil {
			x.timer = time.NewTimer(d)
		} else {
			x.timer.Reset(d)
		}
		after = x.timer.C
	}
	select {
	case <-after:
		return nil
	case <-x.ctx.Done():
		return context.Cause(x.ctx)
	}
}

// silence is a sleep that the script asks for; while it lasts the call counts
// as stalled.
func (x *exchange) silence(d time.Duration) error {
	if d == 0 {
		return nil
	}
	x.provider.ledger.update(func() { x.call.Stalled = true })
	err := x.sleep(d)
	x.provider.ledger.update(func() { x.call.Stalled = false })
	return err
}

// push writes body bytes and flushes them.
func (x *exchange) push(b []byte) error {
	if x.ctx.Err() != nil {
		return context.Cause(x.ctx)
	}
	x.call.offered.Add(int64(len(b)))
	if _, err := x.w.Write(b); err != nil {
		return err
	}
	if err := x.flush(); err != nil {
		return err
	}
	x.call.bytes.Add(int64(len(b)))
	if !x.begun {
		x.begun = true
		x.provider.ledger.update(func() { x.call.FirstByte = time.Now() })
	}
	return nil
}

// emit pushes body bytes in the pieces that the script wants.
func (x *exchange) emit(b []byte) error {
	for len(b) > 0 {
		var piece []byte
		piece, b = x.pieces.cut(b)
		if err := x.push(piece); err != nil {
			return err
		}
	}
	return nil
}
