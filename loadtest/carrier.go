package loadtest

import (
	"context"
	"errors"
	"fmt"

	"tidegate/loadtest/check"
)

// carrier is a stream's way between its client and the target. It does not
// read by itself: who does gives it what came. It is used by one goroutine at
// a time, but for ack, and for drop and kill, which end whatever else is under
// way.
type carrier interface {
	open(ctx context.Context, max uint64) (buffer int, err error) // returns when the target has answered
	resume(ctx context.Context, seq, max uint64) (buffer int, err error)
	fill(p []byte) error         // takes what came over the connection
	next(e *event) (bool, error) // the next event of those that have come; false: there is none
	broke(err error) error       // what it means that the connection has ended so
	ack(seq, max uint64) error
	cancel() error
	drop()           // closes the connection
	kill()           // the same, and there will be no other
	killed() bool    // whether it was
	vanish()         // has the machine drop whatever comes
	received() int64 // bytes, framing included
}

// event is what comes. Its contents are valid until the next one is asked for,
// or more is filled in.
type event struct {
	check.Event
	blocked bool // it is none: the target's buffer is full
	problem bool // it says an error
}

// ending is the end of a stream.
type ending struct{ check.End }

func (e *ending) Error() string { return "loadtest: the stream has ended: " + e.Detail }

func ended(outcome check.Outcome, marker bool, detail string) error {
	return &ending{check.End{Outcome: outcome, Marker: marker, Detail: detail}}
}

// refusedError is an answer that begins no stream.
type refusedError struct{ status int }

func (e *refusedError) Error() string {
	return fmt.Sprintf("loadtest: refused with status %d", e.status)
}

// temporary says that the target is there, and may accept the same later.
func (e *refusedError) temporary() bool { return e.status == 429 || e.status >= 500 }

// errNoReturn says that a transport knows no way back to a stream.
var errNoReturn = errors.New("loadtest: the plain transport can't resume")

// carry makes the carrier of a stream.
func (g *generator) carry(p *plan, h habit) (carrier, *line) {
	l := &line{target: g.target, drip: h.drip, bounded: h.bounded, silence: g.silence()}
	switch p.transport {
	case "plain":
		return &plain{line: l, api: g.options.API, request: g.body(p)}, l
	case "sse":
		return &feed{line: l, errands: g.errands, request: g.body(p)}, l
	default:
		return &socket{line: l, request: g.body(p), binary: p.transport == "ws-bin"}, l
	}
}

// body is a stream's request.
func (g *generator) body(p *plan) []byte {
	ask := `"messages":[{"role":"user","content":"Say something."}]`
	if p.transport != "plain" || g.options.API == Chat {
		// A gateway that asks for the usage itself would keep it to itself.
		ask += `,"stream_options":{"include_usage":true}`
	}
	return fmt.Appendf(nil, `{"model":%q,"max_tokens":%d,"stream":true,%s}`, p.model, p.tokens, ask)
}
