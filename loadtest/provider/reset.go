package provider

import (
	"context"
	"net"
)

type connKey struct{}

// ConnContext is for http.Server's field of that name. It lets the fault Reset
// find the connection, which HTTP/2 does not hand out otherwise.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// reset closes the connection of a request with a TCP RST instead of a FIN.
// The peer may drop what it has received but not read yet.
func reset(ctx context.Context) {
	c, ok := ctx.Value(connKey{}).(*net.TCPConn)
	if !ok {
		return
	}
	// Either error means that the connection is closed already.
	_ = c.SetLinger(0)
	_ = c.Close()
}
