package main

import (
	"net"
	"testing"

	"tidegate/downstream/wire"
)

// A client whose connection breaks while its stream's first events are written
// knows the stream, and comes back to it: the call was not cancelled.
func TestBrokenWhenOpened(t *testing.T) {
	h := start(t, setup{})
	for range 40 {
		p := h.knock(t, wire.ProtocolBinary)
		id := p.opens(t, 1, "m?tokens=3&huge=300000&huge_at=0", plenty).Stream
		_ = p.UnderlyingConn().(*net.TCPConn).SetLinger(0)
		_ = p.UnderlyingConn().Close()
		p = h.knock(t, wire.ProtocolBinary)
		p.tell(t, wire.Message{T: wire.Resume, S: 1, Stream: id, Max: plenty})
		p.expect(t, wire.Opened)
		for last := uint64(0); ; {
			it, err := p.next()
			if err != nil {
				t.Fatal(err)
			}
			if it.T == wire.Event {
				last = it.Seq
				p.tell(t, wire.Message{T: wire.Ack, S: 1, Seq: last, Max: plenty})
			}
			if it.T == wire.End {
				if it.Reason != "complete" || it.Seq != last || last < 4 {
					t.Errorf("after event %d: %+v", last, it.Message)
				}
				break
			}
		}
		_ = p.Close()
	}
}
