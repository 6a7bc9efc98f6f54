package browser

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// cable is what connects the browser to a gateway: it forwards connections,
// and can be pulled.
type cable struct {
	url string
	to  string

	mu     sync.Mutex // guards the following
	pulled bool
	open   map[net.Conn]bool
	seen   int // connections
}

func newCable(t *testing.T, gateway string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{url: "http://" + l.Addr().String(), to: strings.TrimPrefix(gateway, "http://"), open: map[net.Conn]bool{}}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go c.forward(conn)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		c.pull()
	})
	return c
}

func (c *cable) forward(client net.Conn) {
	gateway, err := net.Dial("tcp", c.to)
	if err != nil || !c.add(client, gateway) {
		_ = client.Close()
		if err == nil {
			_ = gateway.Close()
		}
		return
	}
	var both sync.WaitGroup
	copying := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_, _ = to.Close(), from.Close()
	}
	both.Go(func() { copying(gateway, client) })
	both.Go(func() { copying(client, gateway) })
	both.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, client)
	delete(c.open, gateway)
}

func (c *cable) add(conns ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen++
	if c.pulled {
		return false
	}
	for _, conn := range conns {
		c.open[conn] = true
	}
	return true
}

// pull resets all connections; new ones are closed at once.
func (c *cable) pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = true
	for conn := range c.open {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
}

// plug undoes pull.
func (c *cable) plug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = false
}
