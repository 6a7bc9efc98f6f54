package downstream

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The bits and opcodes that nobody has given a meaning: one who sets them
// expects something that would not happen.
func TestReservedFrames(t *testing.T) {
	var trials []trial
	for bits := byte(rsv3); bits <= rsvAll; bits += rsv3 {
		for _, op := range []byte{opText, opBinary, opPing, opPong, opClose} {
			trials = append(trials, fails("5.2", fmt.Sprintf("reserved bits %x on opcode %d", bits, op), masked(fin|bits|op, nil), 1002)...)
		}
		trials = append(
			trials,
			fails("5.2", fmt.Sprintf("reserved bits %x on text", bits), masked(fin|bits|opText, []byte(noop)), 1002)[0],
			fails("5.2", fmt.Sprintf("reserved bits %x on a continuation", bits),
				slices.Concat(masked(opText, []byte(noop)), masked(fin|bits|opMore, nil)), 1002)[0],
		)
	}
	for _, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		trials = append(trials, fails("5.2", fmt.Sprintf("opcode %d", op), masked(fin|op, nil), 1002)...)
		trials = append(trials, fails("5.2", fmt.Sprintf("opcode %d with a payload", op), masked(fin|op, []byte(noop)), 1002)...)
		trials = append(trials, fails("5.2", fmt.Sprintf("opcode %d in parts", op), parts(op, noop, ""), 1002)[0])
		trials = append(trials, fails("5.4", fmt.Sprintf("opcode %d within a message", op),
			slices.Concat(masked(opText, []byte(noop)), masked(fin|op, nil)), 1002)[0])
	}
	try(t, trials)
}

// Control frames are small and whole, so that they can stand anywhere.
func TestControlFrames(t *testing.T) {
	longest := strings.Repeat("*", 125)
	trials := []trial{
		passes("5.5.2", "ping without a payload", ping(""), wsFrame{fin | opPong, ""}),
		passes("5.5.2", "ping", ping("hello"), wsFrame{fin | opPong, "hello"}),
		passes("5.5.2", "ping of bytes that are no UTF-8", ping("\x00\xff\xfe\xfd"), wsFrame{fin | opPong, "\x00\xff\xfe\xfd"}),
		passes("5.5", "ping of 125 bytes", ping(longest), wsFrame{fin | opPong, longest}),
		passes("5.5.2", "pings about a message", slices.Concat(ping("a"), text(noop), ping("b")),
			wsFrame{fin | opPong, "a"}, wsFrame{fin | opText, noop}, wsFrame{fin | opPong, "b"}),
		passes("5.5.3", "pong that nobody asked for", slices.Concat(masked(fin|opPong, []byte("?")), ping("!")), wsFrame{fin | opPong, "!"}),
		passes("5.5.3", "pongs that nobody asked for", slices.Concat(masked(fin|opPong, nil), masked(fin|opPong, []byte(longest)), ping("!")),
			wsFrame{fin | opPong, "!"}),
	}
	for _, op := range []byte{opPing, opPong, opClose} {
		control := func(first byte, length int) []byte {
			p := make([]byte, length)
			copy(p, closeText(1000, ""))
			return masked(first|op, p)
		}
		name := fmt.Sprintf("opcode %d", op)
		trials = append(trials, slices.Concat(
			fails("5.5", name+" of 126 bytes", control(fin, 126), 1002),
			fails("5.5", name+" of 65536 bytes", control(fin, 65536), 1002),
			fails("5.5", name+" whose length is said in 2 bytes", append([]byte{fin | op, 0x80 | 126, 0, 2, 0, 0, 0, 0}, closeText(1000, "")...), 1002),
			fails("5.5", name+" in parts", slices.Concat(control(0, 2), masked(fin|opMore, nil)), 1002),
			fails("5.5", name+" in parts within a message", slices.Concat(masked(opText, []byte(noop)), control(0, 2)), 1002),
			fails("5.1", name+" without a mask", append(headOf(fin|op, 0, 2), closeText(1000, "")...), 1002),
		)...)
	}
	try(t, trials)
}

// What is one message, and what is none.
func TestFragmentedFrames(t *testing.T) {
	third := len(noop) / 3
	a, b, c := noop[:third], noop[third:2*third], noop[2*third:]
	whole := wsFrame{fin | opText, noop}
	two := slices.Concat[[]byte]
	trials := []trial{
		passes("5.4", "two parts", parts(opText, a, b+c), whole),
		passes("5.4", "three parts", parts(opText, a, b, c), whole),
		passes("5.4", "empty parts", parts(opText, "", a, "", b+c, ""), whole),
		passes("5.4", "a byte each", parts(opText, strings.Split(noop, "")...), whole),
		passes("5.4", "two messages in parts", two(parts(opText, a, b, c), parts(opText, a+b, c)), whole, whole),
		passes("5.4", "ping and pong between parts",
			two(masked(opText, []byte(a)), ping("1"), masked(fin|opPong, nil), masked(opMore, []byte(b)), ping("2"), masked(fin|opMore, []byte(c))),
			wsFrame{fin | opPong, "1"}, wsFrame{fin | opPong, "2"}, whole),
		passesAlien("5.4", "only empty parts", parts(opText, "", "", ""), wsFrame{fin | opText, ""}),
		passesAlien("5.4", "binary in parts", two(parts(opBinary, "\xff", "", "\xfe"), ping("!")),
			wsFrame{fin | opBinary, "\xff\xfe"}, wsFrame{fin | opPong, "!"}),
	}
	for _, f := range [][]trial{
		fails("5.4", "continuation of nothing", masked(fin|opMore, []byte(noop)), 1002),
		fails("5.4", "empty continuation of nothing", masked(fin|opMore, nil), 1002),
		fails("5.4", "continuation of nothing that goes on", parts(opMore, a, b+c), 1002),
		fails("5.4", "empty continuation of nothing that goes on", parts(opMore, "", ""), 1002),
		fails("5.4", "text within a text", two(masked(opText, []byte(a)), text(noop)), 1002),
		fails("5.4", "text in parts within a text", two(masked(opText, []byte(a)), parts(opText, a, b+c)), 1002),
		fails("5.4", "binary within a text", two(masked(opText, []byte(a)), masked(fin|opBinary, nil)), 1002),
		fails("5.1", "text without a mask", append(headOf(fin|opText, 0, len(noop)), noop...), 1002),
		fails("5.1", "part without a mask", append(masked(opText, []byte(a)), append(headOf(fin|opMore, 0, len(b+c)), b+c...)...), 1002),
	} {
		trials = append(trials, f...)
	}
	trials = append(
		trials,
		trial{rfc: "5.4", name: "text within a binary", last: two(masked(opBinary, []byte(a)), text(noop)), code: 1002, alien: true},
		trial{
			rfc: "5.4", name: "text within a text, after a ping", before: two(masked(opText, []byte(a)), ping("!")),
			heard: []wsFrame{{fin | opPong, "!"}}, last: text(noop), code: 1002,
		},
		trial{
			rfc: "5.4", name: "continuation after the last part", before: two(parts(opText, a, b+c), ping("!")),
			heard: []wsFrame{whole, {fin | opPong, "!"}}, last: masked(fin|opMore, []byte(noop)), code: 1002,
		},
	)
	try(t, trials)
}

// Of pings that come faster than they are answered, the newest has to be, and
// none twice (section 5.5.3).
func TestPingsInARow(t *testing.T) {
	g := serve(t, &opener{})
	p := g.join("tidegate.1.json")
	var sent []byte
	for n := range byte(10) {
		sent = append(sent, ping(string(n))...)
	}
	p.raw(sent)
	for last := -1; last < 9; {
		first, payload, err := p.frame()
		if err != nil || first != fin|opPong || len(payload) != 1 || int(payload[0]) <= last {
			t.Fatalf("%x %x %v after the pong to ping %d", first, payload, err, last)
		}
		last = int(payload[0])
	}
	p.raw(bye)
	p.wantClose(1000)
	g.empty()
}
