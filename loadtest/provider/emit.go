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

// quiet is a silence within a stream, with the heartbeats that the script
// wants in it.
func (x *exchange) quiet(d time.Duration) error {
	ping := x.script.Ping
	if d == 0 || ping == 0 {
		return x.silence(d)
	}
	beat := x.manner.heartbeat(newFraming(&x.script))
	x.provider.ledger.update(func() { x.call.Stalled = true })
	defer x.provider.ledger.update(func() { x.call.Stalled = false })
	for d == Forever || d > ping {
		if err := x.sleep(ping); err != nil {
			return err
		}
		if err := x.emit(beat); err != nil {
			return err
		}
		if d != Forever {
			d -= ping
		}
	}
	return x.sleep(d)
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
