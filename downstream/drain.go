package downstream

import (
	"context"
	"time"

	"tidegate/downstream/wire"
)

// reconnectAfter is how long clients of a gateway that goes away should wait
// before they look for another one.
const reconnectAfter = time.Second

// Shutdown accepts no new call and waits for those under way, and until the
// clients that are there have had their streams' ends, until ctx is done: then
// what is left is ended with the reason shutdown. Streams can be resumed
// meanwhile. It returns how many calls it ended.
func (s *Server) Shutdown(ctx context.Context) (cut int) {
	s.opt.Registry.Refuse() // before anybody is told: who knows of it gets no stream
	for _, x := range s.sessions.drain(sessionsDraining) {
		x.goesAway()
	}
	cut = s.opt.Registry.Drain(ctx)
	until(ctx, func() bool { return len(s.lives.consumers()) == 0 })
	s.hangUp()
	s.lives.clear() // or they would go unreported
	s.Close()
	return cut
}

// goesAway tells the client that it should look for another gateway.
func (x *session) goesAway() {
	x.post(wire.Message{T: wire.Draining, ReconnMS: reconnectAfter.Milliseconds()})
}

// hangUp ends the connections on which streams are acknowledged, those that
// take what there is for them with a goodbye.
func (s *Server) hangUp() {
	for _, x := range s.sessions.drain(sessionsClosed) {
		x.closeWith(wire.CloseDraining, "the gateway is shutting down")
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	until(ctx, func() bool {
		return len(s.sessions.drain(sessionsClosed)) == 0 && len(s.lives.consumers()) == 0
	})
	for _, x := range s.sessions.drain(sessionsClosed) {
		x.turn.hangUp()
	}
	for _, c := range s.lives.consumers() {
		c.hangUp()
	}
}

// until looks now and then whether cond holds, until ctx is done.
func until(ctx context.Context, cond func() bool) {
	look := time.NewTicker(shutdownGrace / 50)
	defer look.Stop()
	for !cond() {
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}
