package downstream

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// The lengths at which a frame's head changes (RFC 6455 section 5.2), and those
// beside them.
var lengths = []int{0, 1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537}

func TestLengths(t *testing.T) {
	trials := []trial{
		// Non-minimal lengths are the client's fault; the library takes them.
		passes("5.2", "a length in more bytes than it needs", wide(126, noop), wsFrame{fin | opText, noop}),
		passes("5.2", "a length in many more bytes than it needs", wide(127, noop), wsFrame{fin | opText, noop}),
	}
	for _, n := range lengths {
		for _, op := range []byte{opText, opBinary} {
			p := strings.Repeat("*", n)
			trials = append(
				trials,
				passesAlien("5.2", fmt.Sprintf("opcode %d, %d bytes", op, n), masked(fin|op, []byte(p)), wsFrame{fin | op, p}),
				passesAlien("5.4", fmt.Sprintf("opcode %d, %d bytes in parts", op, n), parts(op, p[:n/2], p[n/2:]), wsFrame{fin | op, p}),
			)
		}
		if n > len(padded)+2 && n <= maxControl {
			p := padded + strings.Repeat("*", n-len(padded)-2) + `"}`
			trials = append(trials, passes("5.2", fmt.Sprintf("a message of %d bytes", n), text(p), wsFrame{fin | opText, p}))
		}
	}
	try(t, trials)
}

// wide is a message whose length is said in the 2 bytes after 126, or the 8
// after 127.
func wide(form byte, payload string) []byte {
	head := []byte{fin | opText, 0x80 | form, 0, byte(len(payload))}
	if form == 127 {
		head = slices.Insert(head, 2, make([]byte, 6)...)
	}
	return append(head, masked(fin|opText, []byte(payload))[2:]...)
}

// largest is what a message may be when MaxBody is small.
const smallBody, largest = 64 << 10, 64<<10 + maxControl

func withSmallBody(o *Options) { o.MaxBody = smallBody }

// A message of the most bytes passes however it is cut, one more does not
// (section 10.4, with the code of section 7.4.1).
func TestLargestMessage(t *testing.T) {
	e := echoing(t, withSmallBody)
	e.start("127.0.0.1:0")
	for _, op := range []byte{opText, opBinary} {
		for _, size := range []int{1, 64, 1000, 4096, largest - 1, largest} {
			whole := strings.Repeat("*", largest)
			t.Run(fmt.Sprintf("opcode %d in parts of %d", op, size), func(t *testing.T) {
				p := e.shout()
				p.t = t
				defer p.conn.Close()
				p.raw(cut(op, whole, size))
				p.wantFrame(fin|op, []byte(whole))
				p.raw(cut(op, whole[:100], size)) // the count begins again
				p.wantFrame(fin|op, []byte(whole[:100]))
				p.raw(cut(op, whole+"!", size))
				p.wantClose(1009)
			})
		}
	}
	e.empty()
}

// cut is a message in parts of a size.
func cut(op byte, message string, size int) []byte {
	var each []string
	for piece := range slices.Chunk([]byte(message), size) {
		each = append(each, string(piece))
	}
	return parts(op, each...)
}

// The same on the gateway, where only an open may be as large.
func TestLargestOpen(t *testing.T) {
	g := serve(t, &opener{script: tokens(1)}, withSmallBody)
	open := `{"t":"open","s":1,"api":"nonsense","body":{`
	open += strings.Repeat(" ", largest-len(open)-2) + "}}"
	for _, protocol := range []string{wire.ProtocolJSON, wire.ProtocolBinary} {
		for _, size := range []int{1, 64, 1000, 65535, 65536, largest} {
			p := g.join(protocol)
			p.raw(cut(opText, open, size))
			if m := p.want(wire.Refused, 1); m.Status != 400 {
				t.Errorf("%+v", m)
			}
			p.raw(cut(opText, open+" ", size))
			p.wantClose(1009)
		}
	}
	g.empty()
}

// A message larger than the limit, announced or in parts none of which is: the
// client can read why although it goes on sending.
func TestTooLarge(t *testing.T) {
	top := append([]byte{fin | opText, 0x80 | 127, 0xff}, make([]byte, 11)...)
	const limit = 1<<20 + maxControl
	part := strings.Repeat(" ", 64<<10)
	var trials []trial
	for _, f := range [][]trial{
		fails("7.4.1", "announced", append(headOf(fin|opText, 0x80, limit+1), 0, 0, 0, 0), 1009),
		fails("7.4.1", "announced, binary", append(headOf(fin|opBinary, 0x80, limit+1), 0, 0, 0, 0), 1009),
		fails("7.4.1", "announced in the last part", slices.Concat(masked(opText, []byte(" ")), headOf(fin|opMore, 0x80, limit), []byte{0, 0, 0, 0}), 1009),
		fails("5.2", "a length with its top bit set", top, 1009),
		fails("7.4.1", "in parts", cut(opText, strings.Repeat(part, limit/len(part)+2), len(part)), 1009),
	} {
		trials = append(trials, f...)
	}
	try(t, trials)
}

// What the gateway itself writes has lengths of the least form: peer.frame says
// so of each frame. One event a frame, through the length at which it changes.
func TestWrittenLengths(t *testing.T) {
	var size atomic.Int64
	g := serve(t, &opener{script: func(ctx context.Context, st *stream.Stream) stream.End {
		if st.Append(event(0, int(size.Load())), time.Now()) == nil {
			st.Flush()
		}
		return silent(ctx, st)
	}})
	for _, protocol := range []string{wire.ProtocolJSON, wire.ProtocolBinary} {
		p := g.join(protocol)
		seen := map[int]bool{}
		for n := int64(60); n < 140; n++ {
			size.Store(n)
			p.say("%s", openMessage(1, 0)) // no credit: or the event would share opened's frame
			p.want(wire.Opened, 1)
			p.say(`{"t":"ack","s":1,"seq":0,"max":1}`)
			first, payload, err := p.frame()
			if want := string(event(0, int(n)).Data); err != nil || !strings.Contains(string(payload), want) {
				t.Fatalf("%x %q %v, want %s", first, payload, err, want)
			}
			seen[len(payload)] = true
			p.say(`{"t":"ack","s":1,"seq":1,"max":1}`)
			p.say(`{"t":"cancel","s":1}`)
			p.want(wire.End, 1)
		}
		for _, length := range []int{124, 125, 126, 127, 128} {
			if !seen[length] {
				t.Errorf("%s: no frame of %d bytes", protocol, length)
			}
		}
		p.raw(bye)
		p.wantClose(1000)
	}
	g.empty()
}
