package loadtest

import (
	"bytes"
	"fmt"
	"strconv"

	"tidegate/downstream/wire"
	"tidegate/loadtest/check"
)

// message does what a message says.
func (k *socket) message(m *wire.Message) error {
	if m.S != k.number && m.T != wire.Draining {
		return nil
	}
	switch m.T {
	case wire.Opened:
		k.id, k.buffer = m.Stream, m.Buffer
	case wire.Refused:
		return &refusedError{status: m.Status}
	case wire.Event:
		data := m.Data
		if data == nil {
			data = []byte(m.Text)
		}
		if m.Parts {
			data = append(k.parts, data...)
			k.parts = nil
		}
		k.queue = append(k.queue, event{Event: check.Event{Seq: m.Seq, Name: []byte(m.Event), Data: data}})
	case wire.Part:
		return k.part([]byte(m.Text))
	case wire.Blocked:
		k.queue = append(k.queue, event{blocked: true})
	case wire.End:
		k.end = endOf(m)
	case wire.Detached:
		k.end = ended(check.Told, false, "detached: "+m.Reason)
	}
	return nil
}

func (k *socket) part(p []byte) error {
	if len(k.parts)+len(p) > maxEvent {
		return errEvent
	}
	k.parts = append(k.parts, p...)
	return nil
}

// frame takes a binary frame.
func (k *socket) frame(p []byte) error {
	kind, s, seq, rest, err := wire.ParseFrame(p)
	if err != nil || s != k.number {
		return err
	}
	switch kind {
	case wire.FramePart:
		return k.part(rest)
	case wire.FrameLastPart:
		text := append(k.parts, rest...)
		k.parts = nil
		k.dec.Reset()
		name, data, err := wire.SplitText(text)
		if err != nil {
			return err
		}
		k.queue = append(k.queue, event{Event: check.Event{Seq: seq, Name: name, Data: data}})
		return nil
	}
	k.records, k.seq = rest, seq
	return nil
}

// record takes the first of the records at hand.
func (k *socket) record(e *event) error {
	ev, size, err := k.dec.Decode(k.records)
	if err != nil {
		k.records = nil
		return fmt.Errorf("loadtest: event %d: %w", k.seq, err)
	}
	*e = event{Event: check.Event{Seq: k.seq, Name: ev.Name, Data: ev.Data, Wire: size}}
	k.records = k.records[size:]
	k.seq++
	return nil
}

// quick reads the message of an event as nearly all are: without a name, its
// members in the order of docs/protocol.md, no white space, the data an object
// and last. rest is what follows the message. It allocates nothing.
func quick(p []byte, s uint32, m *mould) (seq uint64, data, rest []byte, ok bool) {
	const begins, numbered, contents = `{"t":"event","s":`, `,"seq":`, `,"data":`
	if p, ok = bytes.CutPrefix(p, []byte(begins)); !ok {
		return 0, nil, nil, false
	}
	number, p := figure(p)
	if p, ok = bytes.CutPrefix(p, []byte(numbered)); !ok || number != uint64(s) {
		return 0, nil, nil, false
	}
	seq, p = figure(p)
	if p, ok = bytes.CutPrefix(p, []byte(contents)); !ok || seq == 0 {
		return 0, nil, nil, false
	}
	end := m.object(p)
	if end < 0 || end == len(p) || p[end] != '}' {
		return 0, nil, nil, false
	}
	return seq, p[:end], p[end+1:], true
}

// usual takes the next of the messages at hand, if it is an event as nearly all
// are.
func (k *socket) usual(e *event) bool {
	seq, data, rest, ok := quick(k.messages, k.number, &k.mould)
	switch {
	case !ok || k.parts != nil:
		return false
	case k.array && len(rest) > 1 && rest[0] == ',', k.array && string(rest) == "]":
		k.messages = rest[1:]
	case !k.array && len(rest) == 0:
		k.messages = nil
	default:
		return false
	}
	*e = event{Event: check.Event{Seq: seq, Data: data}}
	return true
}

// other takes all messages at hand, whatever they are.
func (k *socket) other() error {
	all := k.messages
	if k.array {
		all = append([]byte("["), all...)
	}
	k.messages = nil
	return wire.Parse(all, k.message)
}

// figure reads a number of at most 18 digits.
func figure(p []byte) (n uint64, rest []byte) {
	i := 0
	for ; i < min(len(p), 18) && '0' <= p[i] && p[i] <= '9'; i++ {
		n = n*10 + uint64(p[i]-'0')
	}
	return n, p[i:]
}

// appendAck adds an acknowledgement's message.
func appendAck(dst []byte, s uint32, seq, max uint64) []byte {
	dst = append(dst, `{"t":"ack","s":`...)
	dst = strconv.AppendUint(dst, uint64(s), 10)
	dst = append(dst, `,"seq":`...)
	dst = strconv.AppendUint(dst, seq, 10)
	dst = append(dst, `,"max":`...)
	dst = strconv.AppendUint(dst, max, 10)
	return append(dst, '}')
}
