package loadtest

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Target is an endpoint under test.
type Target struct {
	Name  string // short, for tables
	URL   string // its root, or its root and /v1
	Key   string // the client's key; "" for none
	Admin string // the root of its admin listener, for its metrics; "" for none
	PID   int    // its process on this machine; 0 for none
}

// endpoint is a target, taken apart.
type endpoint struct {
	Target
	root    string // without /v1
	path    string // of the root
	host    string
	address string
	secure  bool
}

// line makes a client's connections, with the client's peculiarities.
type line struct {
	target  *endpoint
	drip    int
	bounded bool
	silence time.Duration
	before  int64 // bytes that came over connections before conn

	mu   sync.Mutex // guards the following
	conn *conn
	dead bool // no more connections
}

const dialTimeout = 10 * time.Second

// dial connects, and remembers the connection.
func (l *line) dial(ctx context.Context) (*conn, error) {
	d := net.Dialer{Timeout: dialTimeout}
	if l.bounded {
		d.Control = boundSocket
	}
	raw, err := d.DialContext(ctx, "tcp", l.target.address)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw, raw: raw, drip: l.drip, silence: l.silence}
	if l.target.secure {
		host, _, _ := net.SplitHostPort(l.target.address)
		c.Conn = tls.Client(raw, &tls.Config{ServerName: host, NextProtos: []string{"http/1.1"}})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		_ = raw.Close()
		return nil, net.ErrClosed
	}
	if l.conn != nil {
		_ = l.conn.Close()
		l.before += l.conn.bytes
	}
	l.conn, l.drip = c, 0
	return c, nil
}

func (l *line) received() int64 {
	if l.conn == nil {
		return l.before
	}
	return l.before + l.conn.bytes
}

func (l *line) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

// kill closes the connection, and all that are still to be made.
func (l *line) kill() {
	l.mu.Lock()
	l.dead = true
	l.mu.Unlock()
	l.drop()
}

func (l *line) killed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

func (l *line) vanish() {
	if l.conn != nil {
		dropPackets(l.conn.raw)
	}
}

// write is for those who do not know whether the connection is being read, or
// replaced.
func (l *line) write(p []byte) error {
	l.mu.Lock()
	c := l.conn.Conn
	l.mu.Unlock()
	_, err := c.Write(p)
	return err
}

// header is what requests have: a key, or the origin that a gateway asks for
// instead.
func (l *line) header() http.Header {
	h := http.Header{}
	if l.target.Key != "" {
		h.Set("Authorization", "Bearer "+l.target.Key)
	} else {
		u := url.URL{Scheme: "http", Host: l.target.host}
		if l.target.secure {
			u.Scheme = "https"
		}
		h.Set("Origin", u.String())
	}
	return h
}

// conn is a client's connection. A read that waits for longer than silence
// fails.
type conn struct {
	net.Conn
	raw     net.Conn // without TLS
	drip    int
	silence time.Duration
	until   time.Time
	bytes   int64
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if c.drip > 0 && len(p) > 1 {
		p = p[:1]
		c.drip--
	}
	// Not for each read: a deadline costs as much as a token.
	if now := time.Now(); c.until.Sub(now) < c.silence*3/4 {
		c.until = now.Add(c.silence)
		if err := c.SetReadDeadline(c.until); err != nil {
			return 0, err
		}
	}
	n, err := c.Conn.Read(p)
	c.bytes += int64(n)
	return n, err
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (n int, err error) {
	if c.drip == 0 {
		return c.Conn.Write(p)
	}
	for ; n < len(p) && err == nil; n++ {
		_, err = c.Conn.Write(p[n : n+1])
	}
	return n, err
}
