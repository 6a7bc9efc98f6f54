package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"tidegate/downstream/wire"
)

// ErrSuperseded says that somebody else has resumed the stream.
var ErrSuperseded = errors.New("client: the stream was resumed elsewhere")

// ErrForgotten says that the stream had ended and was not read to its end
// before the gateway let go of it.
var ErrForgotten = errors.New("client: the gateway no longer holds the stream")

// ErrClosed says that the client, or the stream, was closed here.
var ErrClosed = errors.New("client: closed")

// ErrLost says that the connection broke before the gateway had answered an
// open, so that nobody knows whether there is a stream, or that a stream could
// not be taken up again in time. It wraps the last cause.
var ErrLost = errors.New("client: the connection was lost")

// ErrProtocol says that the gateway, or something between, does not speak the
// protocol.
var ErrProtocol = errors.New("client: not the protocol")

// ErrTooLarge says that an event is larger than Options.MaxEvent.
var ErrTooLarge = errors.New("client: the event is too large")

// errGap says that an event is missing: the connection is of no use.
var errGap = fmt.Errorf("%w: an event is missing", ErrProtocol)

// EndError is the end of a stream whose answer is not whole.
type EndError struct{ End }

func (e *EndError) Error() string {
	text := "client: the stream ended: " + e.Reason
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// RefusedError is the gateway's or the provider's answer to a call that it
// does not take, or to a stream that can't be resumed.
type RefusedError struct {
	Status     int    // HTTP status
	Code       string // for programs
	Type       string
	Param      string // the request's field that is wrong
	Message    string // for a person
	RetryAfter time.Duration

	epoch uint64 // the stream's, where a resume came too late
}

// Is makes a resume that came too late ErrSuperseded.
func (e *RefusedError) Is(target error) bool {
	return target == ErrSuperseded && e.Code == "superseded"
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("client: refused with status %d: %s", e.Status, e.Message)
}

// temporary says whether the same may be accepted later.
func (e *RefusedError) temporary() bool {
	return e.Status == 429 || e.Status >= 500
}

// ClosedError is a connection that the gateway has closed with a code that
// says not to come back (RFC 6455 section 7.4, docs/protocol.md).
type ClosedError struct {
	Code int
	Text string
}

func (e *ClosedError) Error() string {
	return fmt.Sprintf("client: the gateway closed the connection with code %d: %s", e.Code, e.Text)
}

// said is an error object as the APIs say it.
type said struct {
	Message, Type, Param string
	Code                 any
	Epoch                uint64
}

func sayingOf(object []byte) (s said) {
	_ = json.Unmarshal(object, &s) // what can't be read stays empty
	if s.Code == nil {
		s.Code = ""
	}
	return s
}

func refused(status int, object []byte, retry time.Duration) *RefusedError {
	s := sayingOf(object)
	return &RefusedError{
		Status: status, Code: fmt.Sprint(s.Code), Type: s.Type, Param: s.Param, Message: s.Message, RetryAfter: retry,
		epoch: s.Epoch,
	}
}

func endOf(m *wire.Message) End {
	end := End{Seq: m.Seq, Reason: m.Reason}
	if u := m.Usage; u != nil {
		end.Usage = Usage{u.Input, u.Output, u.Cached, u.Reasoning, u.Estimated}
	}
	if m.Err != nil {
		s := sayingOf(m.Err)
		end.Code, end.Message = fmt.Sprint(s.Code), s.Message
	}
	return end
}

// detached is why a stream is on a connection no more.
func detached(reason string) error {
	if reason == wire.Forgotten {
		return ErrForgotten
	}
	return ErrSuperseded
}

func isRefusal(err error) bool {
	var refusal *RefusedError
	return errors.As(err, &refusal)
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// unreached says that an open can't have reached the gateway.
func unreached(err error) bool {
	var dial *net.OpError
	return errors.Is(err, errBlocked) || errors.As(err, &dial) && dial.Op == "dial"
}

// final says whether to try again is of no use.
func final(err error) bool {
	var refusal *RefusedError
	var closed *ClosedError
	switch {
	case errors.As(err, &refusal):
		return !refusal.temporary()
	case errors.As(err, &closed), errors.Is(err, ErrSuperseded), errors.Is(err, ErrForgotten),
		errors.Is(err, ErrClosed), errors.Is(err, ErrTooLarge):
		return true
	}
	return false
}
