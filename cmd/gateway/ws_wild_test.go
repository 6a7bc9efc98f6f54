package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/tmaxmax/go-sse"

	"tidegate/client"
	"tidegate/downstream/wire"
	"tidegate/loadtest/provider"
)

// wild is a client that is allowed to do all it does, and does it badly: it
// acknowledges late, twice and in the wrong order, grants little, and drops its
// connections in the middle of everything.
type wild struct {
	*rand.Rand
	url     string
	http    *http.Client
	id      string
	got     []event
	max     uint64
	late    uint64 // the most that is granted by requests of which nobody knows whether they arrive
	epoch   uint64 // of the newest connection: what was sent over older ones is late
	blocked bool   // ever
	end     error
	over    bool
	stuck   *time.Timer
}

var errDropped = errors.New("the client dropped its connection")

// A stream is exactly once for clients with whatever habits.
func TestWildClients(t *testing.T) {
	folder, all := allRecordings(t)
	h := start(t, setup{provider: provider.Options{Folder: folder}, config: roomy})
	line := newBadLine(t, h.addr, rand.Uint64())
	soak(t, all, func(r *rand.Rand, rec *recording) error {
		if !rec.begins {
			return nil // no stream: TestExactlyOnce
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		w := &wild{Rand: r, url: line.url(), http: newClient()}
		w.stuck = time.AfterFunc(patient, cancel) // these clients take their time, but get on
		defer w.stuck.Stop()
		defer w.http.CloseIdleConnections()
		var last error
		for !w.over && ctx.Err() == nil {
			var ends *client.EndError
			w.epoch++
			switch w.IntN(3) {
			case 0:
				last = w.webSocket(ctx, rec, wire.ProtocolBinary)
			case 1:
				last = w.webSocket(ctx, rec, wire.ProtocolJSON)
			default:
				last = w.sse(ctx)
			}
			if errors.As(last, &ends) || last == nil {
				w.over, w.end = true, last
			}
			var refused refusedError
			if errors.As(last, &refused) {
				return last
			}
		}
		if !w.over {
			return fmt.Errorf("after %d events: %w", len(w.got), last)
		}
		return checkSequence(rec, w.got, w.end)
	})
}

// refusedError is an answer that no wild client should get.
type refusedError struct{ what string }

func (e refusedError) Error() string { return e.what }

func (w *wild) applied() uint64 { return uint64(len(w.got)) }

// apply takes an event as the protocol says, and reports whether the client
// goes on.
func (w *wild) apply(seq uint64, ev event) error {
	switch {
	case seq <= w.applied():
	case seq != w.applied()+1:
		return refusedError{fmt.Sprintf("event %d after %d", seq, w.applied())}
	case seq > max(w.max, w.late):
		return refusedError{fmt.Sprintf("event %d, granted up to %d, or %d late", seq, w.max, w.late)}
	default:
		w.got = append(w.got, ev)
		w.stuck.Reset(patient)
	}
	if w.IntN(150) == 0 {
		return errDropped
	}
	return nil
}

// acks are what the client says after an event: mostly nothing, and more than
// once when its credit is used up.
func (w *wild) acks() (all []wire.Message) {
	starving := w.applied() >= w.max
	for starving || w.IntN(6) == 0 || w.blocked && len(all) == 0 {
		m := wire.Message{T: wire.Ack, S: 1, Seq: w.applied(), Max: w.max}
		habit := w.IntN(5)
		if w.blocked {
			habit = 2 + habit%3
		}
		switch habit {
		case 0: // an old one
			m.Seq = uint64(w.IntN(len(w.got) + 1))
			m.Max = m.Seq
		case 1: // the same again
		default:
			m.Max = w.applied() + 1 + uint64(w.IntN(1+w.IntN(40)))
			w.max = max(w.max, m.Max)
			starving = false
		}
		all = append(all, m)
	}
	return all
}

func (w *wild) grant() uint64 {
	w.max = w.applied() + 1 + uint64(w.IntN(30))
	return w.max
}

func (w *wild) webSocket(ctx context.Context, rec *recording, protocol string) error {
	p, err := knock(ctx, w.url, protocol, websocket.Dialer{})
	if err != nil {
		return err
	}
	defer p.UnderlyingConn().Close()
	m := wire.Message{T: wire.Resume, S: 1, Stream: w.id, Seq: w.applied(), Max: w.grant(), Epoch: w.epoch}
	if w.id == "" {
		api, model, body := rec.call()
		m = wire.Message{T: wire.Open, S: 1, API: api, Model: model, Body: []byte(body), Max: m.Max}
	}
	if err := p.say(m); err != nil {
		return err
	}
	for {
		it, err := p.next()
		if err != nil {
			return w.closed(err)
		}
		switch it.T {
		case wire.Opened:
			if w.id = it.Stream; it.Seq != w.applied() {
				return refusedError{fmt.Sprintf("opened at %d, want %d", it.Seq, w.applied())}
			}
		case wire.Event:
			if err := w.apply(it.Seq, it.event); err != nil {
				return err
			}
			for _, ack := range w.acks() {
				if err := p.say(ack); err != nil {
					return err
				}
			}
		case wire.Blocked: // what is needed now is no credit but acknowledgements
			w.blocked = true
			if err := p.say(wire.Message{T: wire.Ack, S: 1, Seq: w.applied(), Max: w.max}); err != nil {
				return err
			}
		case wire.End:
			return w.ends(&it.Message)
		case wire.Refused, wire.Detached:
			return refusedError{fmt.Sprintf("%+v", it.Message)}
		}
	}
}

// closed tells a line that broke from a gateway that complains.
func (w *wild) closed(err error) error {
	if text := err.Error(); strings.Contains(text, "close 45") || strings.Contains(text, "close 1007") {
		return refusedError{text}
	}
	return err
}

func (w *wild) ends(m *wire.Message) error {
	if m.Seq != w.applied() {
		return refusedError{fmt.Sprintf("the end after %d events, want %d", m.Seq, w.applied())}
	}
	if m.Reason == client.Complete {
		return nil
	}
	return &client.EndError{End: client.End{Seq: m.Seq, Reason: m.Reason}}
}

func (w *wild) ask(ctx context.Context, method, path, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, w.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Origin", w.url)
	return w.http.Do(r)
}

func (w *wild) sse(ctx context.Context) error {
	if w.id == "" {
		return errDropped // another time
	}
	path := "/v1/streams/" + w.id
	resp, err := w.ask(ctx, http.MethodGet, fmt.Sprintf("%s/events?seq=%d&max=%d&epoch=%d", path, w.applied(), w.grant(), w.epoch), "")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNoContent:
		return w.lookUp(ctx, path)
	default:
		body, _ := io.ReadAll(resp.Body)
		return refusedError{resp.Status + string(body)}
	}
	for ev, err := range sse.Read(resp.Body, &sse.ReadConfig{MaxEventSize: 1 << 22}) {
		if err != nil {
			return err
		}
		if done, err := w.heard(ctx, path, ev); done || err != nil {
			return err
		}
	}
	return errDropped
}

// heard does what an event of the response says.
func (w *wild) heard(ctx context.Context, path string, ev sse.Event) (done bool, err error) {
	var acks []wire.Message
	switch ev.Type {
	case "tidegate.end":
		m := wire.Message{}
		if err := wire.Parse([]byte(ev.Data), func(p *wire.Message) error { m = *p; return nil }); err != nil {
			return true, refusedError{err.Error()}
		}
		return true, w.ends(&m)
	case "tidegate.detached":
		return true, refusedError{ev.Data}
	case "tidegate.blocked":
		w.blocked = true
		acks = []wire.Message{{Seq: w.applied(), Max: w.max}}
	default:
		seq, err := strconv.ParseUint(ev.LastEventID, 10, 64)
		if err != nil {
			return true, refusedError{err.Error()}
		}
		if err := w.apply(seq, event{ev.Type, ev.Data}); err != nil {
			return true, err
		}
		acks = w.acks()
	}
	for _, m := range acks {
		for ctx.Err() == nil { // it has to arrive
			resp, err := w.ask(ctx, http.MethodPost, path+"/ack", fmt.Sprintf(`{"seq":%d,"max":%d}`, m.Seq, m.Max))
			if err != nil {
				w.late = max(w.late, m.Max) // it may arrive yet, and the larger number wins
				continue
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusNoContent && resp.StatusCode != http.StatusGone {
				return true, refusedError{"ack: " + resp.Status}
			}
			break
		}
	}
	return false, nil
}

// lookUp reads the end of a stream that told it before.
func (w *wild) lookUp(ctx context.Context, path string) error {
	for {
		resp, err := w.ask(ctx, http.MethodGet, path, "")
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			continue
		}
		defer resp.Body.Close()
		var state struct{ End json.RawMessage }
		if err := json.NewDecoder(resp.Body).Decode(&state); err != nil || resp.StatusCode != http.StatusOK || state.End == nil {
			return errors.Join(errDropped, err)
		}
		m := wire.Message{}
		if err := wire.Parse(state.End, func(p *wire.Message) error { m = *p; return nil }); err != nil {
			return refusedError{err.Error()}
		}
		return w.ends(&m)
	}
}
