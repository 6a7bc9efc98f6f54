package downstream

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"testing"

	"tidegate/downstream/wire"
)

// What a strict peer tries (RFC 6455), each in a connection of its own: the
// gateway says goodbye with the code, ends the connection without a reset and
// keeps nothing of it.
func TestBadFramesAreClosedWithTheirCode(t *testing.T) {
	g := serve(t, &opener{})
	bad := []struct {
		name string
		sent []byte
		code int
	}{
		{"text that is no UTF-8", masked(fin|opText, []byte("{\xff}")), 1007},
		{"fragmented text that is no UTF-8", slices.Concat(masked(opText, []byte("{\"\xce")), masked(fin|opMore, []byte("\"}"))), 1007},
		{"a surrogate", masked(fin|opText, []byte("\"\xed\xa0\x80\"")), 1007},
		{"unmasked", append(frameHead(fin|opText, 0, 2), "{}"...), 1002},
		{"unmasked ping", frameHead(fin|opPing, 0, 0), 1002},
		{"fragmented ping", masked(opPing, nil), 1002},
		{"fragmented close", masked(opClose, closeText(1000, "")), 1002},
		{"ping of 126 bytes", masked(fin|opPing, make([]byte, 126)), 1002},
		{"close of 126 bytes", masked(fin|opClose, append(closeText(1000, ""), make([]byte, 124)...)), 1002},
		{"continuation of nothing", masked(fin|opMore, []byte("{}")), 1002},
		{"text within a text", slices.Concat(masked(opText, []byte("{")), masked(fin|opText, []byte("}"))), 1002},
		{"continuation after the end", slices.Concat(masked(fin|opText, []byte(`{"t":"cancel","s":1}`)), masked(fin|opMore, []byte("{}"))), 1002},
		{"binary", masked(fin|opBinary, []byte{1, 2, 3}), wire.CloseProtocol},
		{"announced too large", append(frameHead(fin|opText, 0x80, 1<<20+maxControl+1), 0, 0, 0, 0), 1009},
		{"announced beyond all bounds", append([]byte{fin | opText, 0x80 | 127, 0xff}, make([]byte, 11)...), 1009},
		{"close whose reason is no UTF-8", masked(fin|opClose, closeText(1000, "\xff")), 1002},
	}
	for _, rsv := range []byte{rsv1, rsv1 >> 1, rsv1 >> 2} {
		bad = append(bad, struct {
			name string
			sent []byte
			code int
		}{fmt.Sprintf("reserved bit %x", rsv), masked(fin|rsv|opText, []byte("{}")), 1002})
	}
	for _, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		bad = append(bad, struct {
			name string
			sent []byte
			code int
		}{fmt.Sprintf("reserved opcode %d", op), masked(fin|op, nil), 1002})
	}
	for _, c := range bad {
		t.Run(c.name, func(t *testing.T) {
			for _, protocol := range []string{wire.ProtocolJSON, wire.ProtocolBinary} {
				p := g.join(protocol)
				p.t = t
				p.raw(c.sent)
				p.wantClose(c.code)
			}
		})
	}
	g.empty()
}

// A message larger than the limit, in parts none of which is: the sum counts,
// and the client can read why although it goes on sending.
func TestTooLargeInParts(t *testing.T) {
	g := serve(t, &opener{})
	p := g.join(wire.ProtocolJSON)
	part := bytes.Repeat([]byte{' '}, 64<<10)
	p.raw(masked(opText, part))
	for range (1<<20+maxControl)/len(part) + 1 {
		p.raw(masked(opMore, part))
	}
	p.wantClose(1009)
	g.empty()
}

func TestCloseIsEchoed(t *testing.T) {
	g := serve(t, &opener{})
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		p := g.join(wire.ProtocolJSON)
		p.raw(masked(fin|opClose, closeText(code, "bye")))
		p.wantClose(code)
	}
	for _, code := range []int{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535} { // section 7.4
		p := g.join(wire.ProtocolJSON)
		p.raw(masked(fin|opClose, closeText(code, "")))
		p.wantClose(1002)
	}
	t.Run("without a code", func(t *testing.T) {
		p := g.join(wire.ProtocolJSON)
		p.raw(masked(fin|opClose, nil))
		p.wantClose(0)
	})
	t.Run("amid a message", func(t *testing.T) {
		p := g.join(wire.ProtocolJSON)
		p.raw(masked(opText, []byte("{")))
		p.raw(masked(fin|opClose, closeText(1000, "")))
		p.wantClose(1000)
	})
	g.empty()
}

// What comes after a close frame is not heard: no call is made for it.
func TestDataAfterClose(t *testing.T) {
	g := serve(t, &opener{})
	p := g.join(wire.ProtocolJSON)
	p.raw(slices.Concat(
		masked(fin|opClose, closeText(1000, "")),
		masked(fin|opText, []byte(openMessage(1, 8))),
	))
	p.wantClose(1000)
	g.empty()
	if n := len(g.reports.list); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

func TestPing(t *testing.T) {
	g := serve(t, &opener{})
	p := g.join(wire.ProtocolJSON)
	for _, payload := range [][]byte{nil, []byte("hello"), bytes.Repeat([]byte{0xff}, 125)} {
		p.raw(masked(fin|opPing, payload))
		p.wantFrame(fin|opPong, payload)
	}
	p.raw(masked(fin|opPong, []byte("nobody asked")))
	p.raw(masked(fin|opPing, []byte("still there")))
	p.wantFrame(fin|opPong, []byte("still there"))
	p.raw(masked(fin|opClose, closeText(1000, "")))
	p.wantClose(1000)
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

// A handshake that is not one is answered as HTTP, in the API's error form.
func TestBadHandshakes(t *testing.T) {
	g := serve(t, &opener{})
	for _, c := range []struct {
		name   string
		header []string
		status int
	}{
		{"no subprotocol", []string{"Origin: http://127.0.0.1"}, 400},
		{"another subprotocol", []string{"Origin: http://127.0.0.1", "Sec-WebSocket-Protocol: graphql-ws"}, 400},
		{"no origin", []string{"Sec-WebSocket-Protocol: " + wire.ProtocolJSON}, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := g.dial()
			resp, _ := knock(t, conn, c.header...)
			body, err := all(resp)
			if resp.StatusCode != c.status || err != nil || !bytes.HasPrefix([]byte(body), []byte(`{"error":{`)) {
				t.Errorf("%s %s %v", resp.Status, body, err)
			}
			_ = conn.Close()
		})
	}
	g.empty()
}

// openMessage opens stream s with credit.
func openMessage(s, max int) string {
	return fmt.Sprintf(`{"t":"open","s":%d,"api":"chat.completions","body":{"model":"m"},"max":%d}`, s, max)
}
