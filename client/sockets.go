package client

import (
	"context"
	"errors"
	"fmt"

	"tidegate/downstream/wire"
)

// sockets carries streams over one WebSocket connection at a time: transport.
type sockets struct{ c *Client }

// dialing is an attempt to connect that any number of streams wait for.
type dialing struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when it has succeeded or failed
	socket *socket
	err    error
}

// get returns the connection, and makes one where there is none.
func (t sockets) get(ctx context.Context) (*socket, error) {
	c := t.c
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil, ErrClosed
	}
	if k := c.socket; k != nil && k.usable() {
		c.mu.Unlock()
		return k, nil
	}
	d := c.dialing
	if d == nil {
		d = &dialing{done: make(chan struct{})}
		dial, cancel := context.WithCancel(context.Background())
		d.cancel, c.dialing = cancel, d
		go c.dial(dial, d)
	}
	c.mu.Unlock()
	select {
	case <-d.done:
		return d.socket, d.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (c *Client) dial(ctx context.Context, d *dialing) {
	defer d.cancel()
	d.socket, d.err = c.connect(ctx)
	c.mu.Lock()
	c.dialing = nil
	if d.err == nil {
		c.socket = d.socket
		c.sockets[d.socket] = struct{}{}
	}
	closed := c.closed
	c.mu.Unlock()
	if closed && d.err == nil {
		d.socket.goodbye()
	}
	close(d.done)
}

// usable says whether streams may be put on the connection.
func (k *socket) usable() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.failure == nil && !k.leaving
}

// seat puts a stream on a connection, on another where the one that there was
// has been given up meanwhile.
func (t sockets) seat(ctx context.Context, s *Stream) (*socket, *lane, error) {
	for {
		k, err := t.get(ctx)
		if err != nil {
			return nil, nil, err
		}
		if l, err := k.add(s); !errors.Is(err, errLeaving) {
			return k, l, err
		}
	}
}

// open implements transport.
func (t sockets) open(ctx context.Context, s *Stream, call Call) (link, error) {
	k, l, err := t.seat(ctx, s)
	if err != nil {
		return nil, err
	}
	_, _, max, _ := s.resumption()
	k.send(wire.Message{T: wire.Open, S: l.s, API: call.API, Model: call.Model, Headers: call.Headers, Body: call.Body, Max: max})
	if err := l.wait(ctx); err != nil {
		l.cancel()
		return nil, openLost(err)
	}
	return l, nil
}

// openLost is the error of an open that was sent: whether the gateway has got
// it is not known.
func openLost(err error) error {
	if final(err) || isRefusal(err) || isContext(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrLost, err)
}

// resume implements transport.
func (t sockets) resume(ctx context.Context, s *Stream) (link, error) {
	k, l, err := t.seat(ctx, s)
	if err != nil {
		return nil, err
	}
	id, seq, max, epoch := s.resumption()
	k.send(wire.Message{T: wire.Resume, S: l.s, Stream: id, Seq: seq, Max: max, Epoch: epoch})
	if err := l.wait(ctx); err != nil {
		l.leave()
		return nil, err
	}
	return l, nil
}

// wait waits for the gateway's answer.
func (l *lane) wait(ctx context.Context) error {
	select {
	case <-l.answered:
		return nil
	case <-l.gone:
		select {
		case <-l.answered: // it was there, if not for long
			return nil
		default:
		}
		return l.why
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
