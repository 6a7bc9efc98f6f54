package client

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Client opens and resumes streams at one gateway. Safe for concurrent use.
type Client struct {
	opt    Options
	http   *http.Client
	events *http.Client // for requests of streams' events
	via    transport
	away   sync.WaitGroup // goroutines that stop calls

	mu      sync.Mutex // guards the following
	streams map[*Stream]struct{}
	closed  bool
	socket  *socket // the newest connection
	sockets map[*socket]struct{}
	dialing *dialing // the one being made
}

// transport carries streams. Both methods return when the gateway has
// answered; what comes then is given to the stream.
type transport interface {
	open(ctx context.Context, s *Stream, call Call) (link, error)
	resume(ctx context.Context, s *Stream) (link, error)
}

// link is one connection's side of a stream. Its methods don't block.
type link interface {
	ack(seq, max uint64)   // soon; the newest counts
	cancel()               // stops the model's call; nothing more is given to the stream
	leave()                // nothing more is given to the stream
	lost() <-chan struct{} // closed when nothing more comes
	err() error            // why, once lost is closed
}

// newHTTP makes a client of connections. Requests of events have theirs alone:
// net/http gives a connection that one request asked for to another, and with
// it the error when the first is cancelled, as these are.
func newHTTP(o Options, alone bool) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: o.Dial, Proxy: http.ProxyFromEnvironment, DisableCompression: true,
		MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute, DisableKeepAlives: alone,
	}}
}

// New makes a client. It connects when it has something to say.
func New(o Options) (*Client, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	c := &Client{opt: o, streams: map[*Stream]struct{}{}, sockets: map[*socket]struct{}{}}
	c.http, c.events = newHTTP(o, false), newHTTP(o, true)
	switch o.Transport {
	case WebSocket:
		c.via = sockets{c}
	case SSE:
		c.via = feeds{c}
	default:
		c.via = &either{first: sockets{c}, second: feeds{c}}
	}
	return c, nil
}

// Open makes a model call: api is "chat.completions" or another of the
// protocol's, body that API's request, a JSON object. It returns when the
// provider's first event is there, and never sends a call twice.
//
// The context is the whole stream's: when it is done the model's call is
// cancelled. The error is a *RefusedError, a *ClosedError, ErrLost or the
// context's own.
func (c *Client) Open(ctx context.Context, api string, body []byte) (*Stream, error) {
	return c.OpenCall(ctx, Call{API: api, Body: body})
}

// Call is a model call with all that may go along with it.
type Call struct {
	API string // "chat.completions", "completions", "responses", "messages" or "generateContent"
	// Model is the model's name for "generateContent", whose requests don't
	// have it; "" otherwise.
	Model string
	// Headers are those of the request that belong to the API, as
	// "anthropic-beta", of 4 KiB each at most. The gateway refuses others.
	Headers map[string]string
	Body    []byte // the API's request, a JSON object
}

// OpenCall is Open for a call that has more than an API and a body.
func (c *Client) OpenCall(ctx context.Context, call Call) (*Stream, error) {
	if !json.Valid(call.Body) {
		return nil, errors.New("client: the body is no JSON")
	}
	s := newStream(c, ctx)
	if err := c.add(s); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	l, err := c.via.open(ctx, s, call)
	if err != nil {
		s.fail(err)
		close(s.left)
		return nil, s.failure()
	}
	s.begin(l)
	return s, nil
}

// Resume goes on with a stream after the last event that was applied. A stream
// that is unknown or whose position is gone shows as a *RefusedError in its
// Events. The context is the whole stream's, as Open's is.
func (c *Client) Resume(ctx context.Context, saved Saved) (*Stream, error) {
	if saved.Stream == "" {
		return nil, errors.New("client: there is no stream to resume")
	}
	s := newStream(c, ctx)
	s.id, s.applied, s.received, s.epoch, s.fresh = saved.Stream, saved.Seq, saved.Seq, saved.Epoch, true
	if err := c.add(s); err != nil {
		return nil, err
	}
	s.begin(nil)
	return s, nil
}

func (c *Client) add(s *Stream) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	c.streams[s] = struct{}{}
	return nil
}

func (c *Client) forget(s *Stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.streams, s)
}

// Close closes all connections. Streams that have not ended fail with
// ErrClosed; their calls go on for as long as the gateway waits for somebody
// to resume them.
func (c *Client) Close() {
	c.mu.Lock()
	c.closed = true
	streams := slices.Collect(maps.Keys(c.streams))
	sockets := slices.Collect(maps.Keys(c.sockets))
	dialing := c.dialing
	c.mu.Unlock()
	for _, s := range streams {
		s.fail(ErrClosed)
	}
	if dialing != nil {
		dialing.cancel()
		<-dialing.done
	}
	for _, k := range sockets {
		k.goodbye()
	}
	for _, s := range streams {
		<-s.left
	}
	c.away.Wait()
	c.http.CloseIdleConnections()
}
