package downstream

import (
	"slices"
	"sync/atomic"
	"testing"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// trial is what a strict peer tries on a connection of its own, and what has to
// come of it.
type trial struct {
	rfc, name string    // the section of RFC 6455 that says so
	before    []byte    // frames in order
	heard     []wsFrame // what an echo answers to them; of those the gateway gives the pongs
	last      []byte    // frames that end the connection
	code      int       // with which it is closed, 0 is none
	alien     bool      // the gateway's protocol has no such message: only an echo takes it
}

type wsFrame struct {
	first   byte
	payload string
}

const (
	// noop is a message that the gateway takes, and to which it says nothing.
	noop = `{"t":"cancel","s":1}`
	// padded begins a message of that kind, of any length.
	padded = `{"t":"cancel","s":1,"x":"`
)

var bye = masked(fin|opClose, closeText(1000, ""))

// text is a message in one frame.
func text(payload string) []byte { return masked(fin|opText, []byte(payload)) }

// ping is one that is answered.
func ping(payload string) []byte { return masked(fin|opPing, []byte(payload)) }

// parts is a message in frames, a part each.
func parts(first byte, payloads ...string) []byte {
	var p []byte
	for i, payload := range payloads {
		if i == len(payloads)-1 {
			first |= fin
		}
		p = append(p, masked(first, []byte(payload))...)
		first = opMore
	}
	return p
}

// passes is a trial that the connection survives.
func passes(rfc, name string, before []byte, heard ...wsFrame) trial {
	return trial{rfc: rfc, name: name, before: before, heard: heard, last: bye, code: 1000}
}

// passesAlien is one with a message that only an echo takes.
func passesAlien(rfc, name string, before []byte, heard ...wsFrame) trial {
	c := passes(rfc, name, before, heard...)
	c.alien = true
	return c
}

// fails are trials of what ends the connection: at its begin, and behind a
// message and a ping that are answered.
func fails(rfc, name string, sent []byte, code int) []trial {
	return []trial{
		{rfc: rfc, name: name, last: sent, code: code},
		{
			rfc: rfc, name: name + ", later", before: slices.Concat(text(noop), ping("!")),
			heard: []wsFrame{{fin | opText, noop}, {fin | opPong, "!"}}, last: sent, code: code,
		},
	}
}

// try tries each on the gateway in both protocols and on an echo. What is sent
// comes at once, then byte by byte: but for what ends the connection, as the
// gateway hears that out for lingerTime only.
func try(t *testing.T, trials []trial) {
	t.Helper()
	var calls atomic.Int64
	g, e := serve(t, &opener{called: func(*stream.Call) { calls.Add(1) }, script: silent}), echoing(t)
	e.start("127.0.0.1:0")
	for _, to := range []struct {
		name   string
		g      *gate
		join   func() *peer
		echoes bool
	}{
		{wire.ProtocolJSON, g, func() *peer { return g.join(wire.ProtocolJSON) }, false},
		{wire.ProtocolBinary, g, func() *peer { return g.join(wire.ProtocolBinary) }, false},
		{"echo", e, e.shout, true},
	} {
		t.Run(to.name, func(t *testing.T) {
			for _, c := range trials {
				if c.alien && !to.echoes {
					continue
				}
				ok := t.Run(c.rfc+" "+c.name, func(t *testing.T) {
					c.run(t, to.join(), to.echoes, len(c.before)+1)
					piece := 1
					if len(c.before) > 2000 {
						piece = 997
					}
					c.run(t, to.join(), to.echoes, piece)
				})
				if !ok {
					return // what fails for want of a frame has waited for a keep-alive
				}
			}
			to.g.empty()
		})
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

// run sends what is before the last frames in pieces, and reads what comes of it
// all.
func (c *trial) run(t *testing.T, p *peer, echoes bool, piece int) {
	t.Helper()
	p.t = t
	defer p.conn.Close() // the next one is served after it
	if piece > len(c.before) {
		p.raw(slices.Concat(c.before, c.last))
	} else {
		for some := range slices.Chunk(c.before, piece) {
			p.raw(some)
		}
		p.raw(c.last)
	}
	for _, f := range c.heard {
		if echoes || f.first&0x0f == opPong {
			p.wantFrame(f.first, []byte(f.payload))
		}
	}
	p.wantClose(c.code)
}
