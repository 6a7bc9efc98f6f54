package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"tidegate/downstream/wire"
)

// errSilent says that a connection is given up because nothing came.
var errSilent = errors.New("client: the gateway was silent for too long")

// feed is a stream's response: a link.
type feed struct {
	c    *Client
	s    *Stream
	id   string
	body io.ReadCloser
	life context.Context // of its requests
	stop context.CancelCauseFunc
	gone chan struct{} // closed when nothing more comes
	why  error         // once gone is closed

	signal chan struct{} // there is something to acknowledge
	mu     sync.Mutex    // guards the following
	seq    uint64
	max    uint64
}

// follow reads a stream's response.
func (c *Client) follow(s *Stream, id string, body io.ReadCloser, life context.Context, stop context.CancelCauseFunc) *feed { //nolint:revive // the context is the response's
	f := &feed{
		c: c, s: s, id: id, body: body, life: life, stop: stop,
		gone: make(chan struct{}), signal: make(chan struct{}, 1),
	}
	go f.read()
	return f
}

func (f *feed) lost() <-chan struct{} { return f.gone }
func (f *feed) err() error            { return f.why }
func (f *feed) leave()                { f.stop(ErrClosed); <-f.gone }

func (f *feed) cancel() { f.c.away.Go(func() { f.c.remove(f.id) }) }

func (f *feed) ack(seq, max uint64) {
	f.mu.Lock()
	f.seq, f.max = seq, max
	f.mu.Unlock()
	select {
	case f.signal <- struct{}{}:
	default:
	}
}

// read takes what the gateway sends, until the response ends.
func (f *feed) read() {
	var acks sync.WaitGroup
	acks.Go(f.acknowledge)
	silence := f.c.opt.Silence
	watch := time.AfterFunc(silence, func() { f.stop(errSilent) })
	in := newEventReader(heardOf{f.body, func() { watch.Reset(silence) }}, f.c.opt.MaxEvent)
	err := error(nil)
	for err == nil {
		var ev sseEvent
		if ev, err = in.next(); err == nil {
			err = f.take(ev)
		}
	}
	watch.Stop()
	if cause := context.Cause(f.life); cause != nil {
		err = cause
	}
	f.stop(nil)
	_ = f.body.Close()
	acks.Wait()
	f.why = err
	close(f.gone)
}

// take does what an event says: it is the stream's, or about the stream.
func (f *feed) take(ev sseEvent) error {
	if ev.id != 0 {
		return f.s.receive(Event{Seq: ev.id, Name: ev.name, Data: ev.data})
	}
	switch ev.name {
	case "tidegate.blocked":
		f.s.blocked()
	case "tidegate.detached":
		var m struct{ Reason string }
		_ = json.Unmarshal(ev.data, &m) // what can't be read is the usual reason
		return detached(m.Reason)
	case "tidegate.end":
		err := wire.Parse(ev.data, func(m *wire.Message) error { return f.s.ended(endOf(m)) })
		if errors.Is(err, wire.ErrMessage) {
			return fmt.Errorf("%w: %w", ErrProtocol, err)
		}
		if err == nil {
			err = io.EOF
		}
		return err
	}
	return nil
}

// acknowledge tells the newest position, until the response ends.
func (f *feed) acknowledge() {
	for {
		select {
		case <-f.signal:
		case <-f.life.Done():
			return
		}
		for attempt := 0; f.post() != nil; attempt++ {
			timer := time.NewTimer(f.c.opt.Backoff(attempt))
			select {
			case <-timer.C:
			case <-f.life.Done():
				timer.Stop()
				return
			}
		}
	}
}

// post sends the newest position. The error says that it may not have arrived.
func (f *feed) post() error {
	f.mu.Lock()
	body, _ := json.Marshal(map[string]uint64{"seq": f.seq, "max": f.max})
	f.mu.Unlock()
	ctx, cancel := context.WithTimeout(f.life, answerTimeout)
	defer cancel()
	resp, err := f.c.request(ctx, http.MethodPost, streamPath(f.id)+"/ack", body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusConflict:
		f.stop(fmt.Errorf("%w: the gateway has not sent what was received", ErrProtocol))
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests:
		return refusal(resp)
	}
	return nil // over or gone, if it was not accepted: the response says so
}

// heardOf tells of everything that is read.
type heardOf struct {
	io.Reader
	tell func()
}

func (h heardOf) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if n > 0 {
		h.tell()
	}
	return n, err
}

// failed is a link that was lost before it was there.
type failedLink struct{ why error }

func failed(why error) link { return failedLink{why} }

func (l failedLink) ack(uint64, uint64) {}
func (l failedLink) cancel()            {}
func (l failedLink) leave()             {}
func (l failedLink) err() error         { return l.why }

func (l failedLink) lost() <-chan struct{} { return closedAlready }

var closedAlready = func() chan struct{} { c := make(chan struct{}); close(c); return c }()
