//go:build autobahn

package downstream

import (
	"context"
	"os"
	"os/signal"
	"testing"
	"time"
)

// TestEchoServer is what an outside suite of WebSocket tests is pointed at. It
// runs until it is interrupted; docs/websocket.md says how it is started.
func TestEchoServer(t *testing.T) {
	at := os.Getenv("ECHO_LISTEN")
	if at == "" {
		t.Fatal("ECHO_LISTEN says no address")
	}
	const largest = 64 << 20
	g := echoing(t, func(o *Options) {
		o.MaxBody, o.MaxBodies, o.MaxConns = largest, 8*largest, 100
		o.KeepAlive, o.IdleTimeout = time.Minute, time.Minute
	})
	g.start(at)
	t.Logf("ws://%s echoes", g.addr)
	stop, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	<-stop.Done()
}
