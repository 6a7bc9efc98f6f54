package client

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"time"
)

// Transport is how streams are carried.
type Transport int

// The transports.
const (
	Auto      Transport = iota // WebSocket, or SSE where that does not get through
	WebSocket                  // all of a client's streams over one connection
	SSE                        // a connection for each stream, and requests for acknowledgements
)

// Protocol is how events are encoded on a WebSocket.
type Protocol int

// The protocols.
const (
	Binary Protocol = iota // each event as its difference from the one before it
	JSON                   // readable
)

// Options say which gateway, and how. Only URL is required.
type Options struct {
	URL string // the gateway's root, as "http://127.0.0.1:8080"
	Key string // the client's key; "" where the gateway asks for none
	// Origin is sent where there is no key, since the gateway then asks for
	// one that is allowed (RFC 6454 section 7). "" is the origin of URL.
	Origin    string
	Transport Transport
	Protocol  Protocol

	// Window is how many events the gateway may send ahead of what the
	// application has applied, and so how many are held here. Fewer slow a
	// stream down to so many per round trip. 0 is 64.
	Window int
	// MaxEvent is the largest event taken, in bytes; a stream with a larger
	// one fails. 0 is 16 MiB.
	MaxEvent int
	// Silence is how long nothing may come over a connection, pongs and
	// heartbeats included, before it is given up and another one made: a line
	// that went dead has to be noticed while the gateway still waits. 0 is 10 s.
	// Over SSE, where only the gateway can be heard, a stream whose provider is
	// silent is asked for again as often.
	Silence time.Duration
	// Backoff is how long to wait before an attempt to reconnect, the first
	// one being 0. Nil is a random time up to 100 ms, then up to twice as much
	// each time and 5 s at most: clients that lost the same gateway must not
	// come back together.
	Backoff func(attempt int) time.Duration
	// GiveUp is how long a stream tries to reconnect before it fails. 0 is a
	// minute: the gateway keeps what it has for as long.
	GiveUp time.Duration
	// Dial makes connections. Nil is a net.Dialer's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// complete checks the options and fills in what was left out.
func (o *Options) complete() error {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("client: the URL has to be http://host or https://host, not %q", o.URL)
	}
	o.URL = strings.TrimRight(u.Scheme+"://"+u.Host+u.Path, "/")
	if o.Origin == "" && o.Key == "" {
		o.Origin = u.Scheme + "://" + u.Host
	}
	if o.Window < 0 || o.MaxEvent < 0 || o.Silence < 0 || o.GiveUp < 0 {
		return fmt.Errorf("client: window, largest event, silence and the time after which to give up can't be less than 0")
	}
	if o.Window == 0 {
		o.Window = 64
	}
	if o.MaxEvent == 0 {
		o.MaxEvent = 16 << 20
	}
	if o.Silence == 0 {
		o.Silence = 10 * time.Second
	}
	if o.GiveUp == 0 {
		o.GiveUp = time.Minute
	}
	if o.Backoff == nil {
		o.Backoff = backoff
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	return nil
}

// backoff is Options.Backoff's default.
func backoff(attempt int) time.Duration {
	const first, longest = 100 * time.Millisecond, 5 * time.Second
	return rand.N(min(first<<min(attempt, 10), longest))
}
