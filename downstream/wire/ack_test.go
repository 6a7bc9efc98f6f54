package wire

import (
	"math"
	"testing"
)

// What ParseAck reads is what Parse reads; and it reads what the clients send.
func FuzzParseAck(f *testing.F) {
	for _, m := range []Message{
		{T: Ack}, {T: Ack, S: 1, Seq: 32, Max: 96}, {T: Ack, S: math.MaxUint32, Seq: 1, Max: 1e17},
	} {
		p := m.Append(nil)
		if s, seq, top, ok := ParseAck(p); !ok || s != m.S || seq != m.Seq || top != m.Max {
			f.Errorf("%s: %d %d %d %v", p, s, seq, top, ok)
		}
		f.Add(p)
	}
	for _, other := range []string{
		``, `{"t":"ack","s":1}`, `{"t":"ack","s":1,"seq":}`, `{"t":"ack","s":01,"seq":2}`, `{"t":"ack","s":4294967296,"seq":2}`,
		`{"t":"ack","s":1,"seq":2,"max":18446744073709551616}`, `{"t":"ack","s":1,"seq":2,"max":3}}`, `{"t":"ack","s":1,"seq":2,`,
		`{"t":"ack","s":1,"seq":2.5}`, `{"t":"ack","s":1,"seq":2,"max":3,"x":1}`, `{"t":"ack","s":1,"seq":-2}`, `[{"t":"ack","s":1,"seq":2}]`,
	} {
		if _, _, _, ok := ParseAck([]byte(other)); ok {
			f.Errorf("%s is taken", other)
		}
		f.Add([]byte(other))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		s, seq, top, ok := ParseAck(p)
		if !ok {
			return
		}
		n := 0
		err := Parse(p, func(m *Message) error {
			n++
			if m.T != Ack || m.S != s || m.Seq != seq || m.Max != top {
				t.Errorf("%s: %d %d %d", p, s, seq, top)
			}
			return nil
		})
		if err != nil || n != 1 {
			t.Errorf("%s: %d messages, %v", p, n, err)
		}
	})
}
