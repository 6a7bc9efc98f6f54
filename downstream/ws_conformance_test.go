package downstream

import (
	"encoding/binary"
	"fmt"
	"net"
	"testing"

	"tidegate/downstream/wire"
)

// A message that is not of the protocol is closed with the protocol's own code,
// if it is WebSocket's.
func TestBinaryIsNotTheProtocol(t *testing.T) {
	g := serve(t, &opener{})
	for _, protocol := range []string{wire.ProtocolJSON, wire.ProtocolBinary} {
		for _, sent := range [][]byte{masked(fin|opBinary, []byte{1, 2, 3}), masked(fin|opBinary, nil), masked(opBinary, []byte(noop))} {
			p := g.join(protocol)
			p.raw(sent)
			p.wantClose(wire.CloseProtocol)
		}
	}
	g.empty()
}

// A message may come in as many parts as its sender likes, with pings between
// them.
func TestFragmentsAndPing(t *testing.T) {
	g := serve(t, &opener{})
	p := g.join(wire.ProtocolJSON)
	message := []byte(`{"t":"resume","s":7,"stream":"ß","seq":0}`)
	p.raw(masked(opText, message[:1]))
	for i := 1; i < len(message); i++ { // amid the ß, too
		p.raw(masked(opMore, message[i:i+1]))
		p.raw(masked(fin|opPing, binary.BigEndian.AppendUint16(nil, uint16(i))))
		p.wantFrame(fin|opPong, binary.BigEndian.AppendUint16(nil, uint16(i)))
	}
	p.raw(masked(fin|opMore, nil))
	if m := p.want(wire.Refused, 7); m.Status != 404 {
		t.Errorf("%+v", m)
	}
	p.raw(masked(fin|opClose, nil))
	p.wantClose(0)
	g.empty()
}

// A client that ends its side without a close frame gets none, and no reset.
func TestHalfClose(t *testing.T) {
	g := serve(t, &opener{})
	for _, sent := range [][]byte{nil, masked(opText, []byte("{")), masked(fin|opText, []byte("{}"))[:3]} {
		p := g.join(wire.ProtocolJSON)
		p.raw(sent)
		if err := p.conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		p.wantEnd()
	}
	g.empty()
}

func TestReset(t *testing.T) {
	g := serve(t, &opener{})
	p := g.join(wire.ProtocolJSON)
	if err := p.conn.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	_ = p.conn.Close()
	g.empty()
}

// openMessage opens stream s with credit.
func openMessage(s, max int) string {
	return fmt.Sprintf(`{"t":"open","s":%d,"api":"chat.completions","body":{"model":"m"},"max":%d}`, s, max)
}
