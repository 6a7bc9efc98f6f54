package wire

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/go-faster/jx"
)

// Message is any message of the protocol. Which members mean something follows
// from T; the others are zero.
type Message struct {
	T string // the type
	S uint32 // the stream's number on its connection, chosen by the client

	API  string // open
	Body []byte // open: the API's request, a JSON object
	// Headers are the request's headers that belong to the API; open.
	Headers map[string]string
	Stream  string // resume, opened: the stream's id
	Seq     uint64 // the position, or the event's number
	Max     uint64 // ack, open, resume: credit, absolute; zero: none yet
	Epoch   uint64 // resume: the consumer's, so that one that is late does not win

	Event string // event: its name, if it has one
	Data  []byte // event: JSON exactly as the provider sent it; nil: Text instead
	Text  string // event: data that is no JSON, or the last part; part: a part
	Parts bool   // event: Text is the last part of its data

	Reason   string // end, detached
	Usage    *Usage // end: nil where nothing is known
	Err      []byte // end, refused: the error as the API says it, a JSON object
	Status   int    // refused: an HTTP status
	RetryMS  int64  // refused
	LeftMS   int64  // blocked
	ReconnMS int64  // draining

	KeepAliveMS     int64  // opened
	Buffer          int    // opened, bytes
	Model, Provider string // opened; open has Model where the API's request names none
	Ticket          string // opened: for this stream's requests over SSE, where the client came with a ticket
}

// Append appends the message as a JSON object.
func (m *Message) Append(dst []byte) []byte {
	var e jx.Writer
	e.Buf = dst
	e.ObjStart()
	e.FieldStart("t")
	e.Str(m.T)
	if m.T != Draining {
		e.Comma()
		e.FieldStart("s")
		e.UInt32(m.S)
	}
	str := func(name, value string) {
		if value != "" {
			e.Comma()
			e.FieldStart(name)
			e.Str(value)
		}
	}
	num := func(name string, value uint64, always bool) {
		if value != 0 || always {
			e.Comma()
			e.FieldStart(name)
			e.UInt64(value)
		}
	}
	raw := func(name string, value []byte) {
		if value != nil {
			e.Comma()
			e.FieldStart(name)
			e.Raw(value)
		}
	}
	str("api", m.API)
	str("stream", m.Stream)
	switch m.T {
	case Resume, Ack, Opened, Event, Part, Blocked, End:
		num("seq", m.Seq, true)
	}
	num("max", m.Max, false)
	num("epoch", m.Epoch, false)
	str("reason", m.Reason)
	num("status", uint64(m.Status), false)
	num("retry_after_ms", uint64(m.RetryMS), false)
	num("left_ms", uint64(m.LeftMS), m.T == Blocked)
	num("reconnect_ms", uint64(m.ReconnMS), m.T == Draining)
	num("keep_alive_ms", uint64(m.KeepAliveMS), false)
	num("buffer", uint64(m.Buffer), false)
	str("model", m.Model)
	str("provider", m.Provider)
	str("ticket", m.Ticket)
	str("event", m.Event)
	if m.Parts {
		e.Comma()
		e.FieldStart("parts")
		e.Bool(true)
	}
	if m.T == Part || m.T == Event && m.Data == nil {
		e.Comma()
		e.FieldStart("text")
		e.Str(m.Text)
	}
	if m.Usage != nil {
		e.Comma()
		e.FieldStart("usage")
		m.Usage.append(&e)
	}
	if len(m.Headers) > 0 {
		e.Comma()
		e.FieldStart("headers")
		e.ObjStart()
		for i, name := range slices.Sorted(maps.Keys(m.Headers)) {
			if i > 0 {
				e.Comma()
			}
			e.FieldStart(name)
			e.Str(m.Headers[name])
		}
		e.ObjEnd()
	}
	raw("error", m.Err)
	raw("body", m.Body)
	raw("data", m.Data)
	e.ObjEnd()
	return e.Buf
}

// ErrMessage says that bytes are no message.
var ErrMessage = errors.New("wire: not a message")

// Parse reads one message, or each of an array of messages, and calls f. The
// message's raw members share p's memory. Unknown members are ignored, unknown
// types are not noticed. Errors wrap ErrMessage, or are f's.
func Parse(p []byte, f func(*Message) error) error {
	d := jx.DecodeBytes(p)
	var failed error
	one := func(d *jx.Decoder) error {
		var m Message
		if err := m.decode(d); err != nil {
			return err
		}
		failed = f(&m)
		return failed
	}
	var err error
	if d.Next() == jx.Array {
		err = d.Arr(one)
	} else {
		err = one(d)
	}
	switch {
	case failed != nil:
		return failed
	case err != nil:
		return fmt.Errorf("%w: %w", ErrMessage, err)
	case d.Skip() != io.EOF: // what follows would be lost without a word
		return fmt.Errorf("%w: more than one JSON value", ErrMessage)
	}
	return nil
}

func (m *Message) decode(d *jx.Decoder) error {
	if d.Next() != jx.Object {
		return errors.New("no object")
	}
	return d.ObjBytes(func(d *jx.Decoder, key []byte) (err error) {
		switch string(key) {
		case "t":
			m.T, err = d.Str()
		case "s":
			m.S, err = d.UInt32()
		case "api":
			m.API, err = d.Str()
		case "stream":
			m.Stream, err = d.Str()
		case "seq":
			m.Seq, err = d.UInt64()
		case "max":
			m.Max, err = d.UInt64()
		case "epoch":
			m.Epoch, err = d.UInt64()
		case "reason":
			m.Reason, err = d.Str()
		case "status":
			m.Status, err = d.Int()
		case "retry_after_ms":
			m.RetryMS, err = d.Int64()
		case "left_ms":
			m.LeftMS, err = d.Int64()
		case "reconnect_ms":
			m.ReconnMS, err = d.Int64()
		case "keep_alive_ms":
			m.KeepAliveMS, err = d.Int64()
		case "buffer":
			m.Buffer, err = d.Int()
		case "model":
			m.Model, err = d.Str()
		case "provider":
			m.Provider, err = d.Str()
		case "ticket":
			m.Ticket, err = d.Str()
		case "event":
			m.Event, err = d.Str()
		case "text":
			m.Text, err = d.Str()
		case "parts":
			m.Parts, err = d.Bool()
		case "usage":
			m.Usage = new(Usage)
			err = m.Usage.decode(d)
		case "error":
			m.Err, err = raw(d)
		case "body":
			m.Body, err = raw(d)
		case "headers":
			m.Headers = map[string]string{}
			err = d.Obj(func(d *jx.Decoder, name string) (err error) {
				m.Headers[name], err = d.Str()
				return err
			})
		case "data":
			m.Data, err = raw(d)
		default:
			err = d.Skip()
		}
		if err == nil && m.Max > math.MaxInt64 {
			m.Max = math.MaxInt64
		}
		return err
	})
}

func raw(d *jx.Decoder) ([]byte, error) {
	r, err := d.Raw()
	return r, err
}
