package provider

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// answer is a streamed body: parts one after the other, each of so many events.
// What is the same in a part's events is encoded once per call, so that a token
// costs a few copies.
type answer struct {
	parts  []part
	length int // events of all parts
	// text is the shape of the events that carry the text: a huge event has it.
	text *shape
	// at is the part of the event that was asked for last, before the events
	// of those before it: events are asked for in order.
	at, before int
}

// part is one of: whole events, an event that is encoded when it is sent, an
// event for each token.
type part struct {
	events int
	whole  [][]byte
	later  func() []byte
	shape  *shape
}

func (a *answer) add(p part) {
	if p.events > 0 {
		a.parts = append(a.parts, p)
		a.length += p.events
	}
}

// whole adds events that are encoded already.
func (a *answer) whole(events ...[]byte) { a.add(part{events: len(events), whole: events}) }

// later adds an event that is encoded when it is sent: one that repeats a long
// text is not held in memory until then.
func (a *answer) later(event func() []byte) { a.add(part{events: 1, later: event}) }

// tokens adds an event for each of n tokens.
func (a *answer) tokens(n int, s *shape) { a.add(part{events: n, shape: s}) }

// append adds event i, whole, to dst. i is never below what it was before.
func (a *answer) append(dst []byte, i int) []byte {
	p := &a.parts[a.at]
	for i-a.before >= p.events {
		a.before += p.events
		a.at++
		p = &a.parts[a.at]
	}
	i -= a.before
	switch {
	case p.shape != nil:
		return p.shape.append(dst, i, Token(i))
	case p.later != nil:
		return append(dst, p.later()...)
	}
	return append(dst, p.whole[i]...)
}

// huge adds an event of size bytes, or the smallest there is.
func (a *answer) huge(dst []byte, size int) []byte { return a.text.huge(dst, size) }

// shape is what stands around a token's text in its event.
type shape struct {
	open, shut []byte
	padding    *padding // after shut; nil is none
	numbers    []number // after the padding
	end        []byte
}

// number is one that grows by 1 from event to event.
type number struct {
	before string
	first  int
}

// append adds the event of a part's i-th token.
func (s *shape) append(dst []byte, i int, text string) []byte {
	dst = append(dst, s.open...)
	dst = append(dst, text...)
	dst = append(dst, s.shut...)
	if s.padding == nil && s.numbers == nil {
		return append(dst, s.end...)
	}
	return s.finish(dst, i, len(text))
}

func (s *shape) finish(dst []byte, i, token int) []byte {
	if s.padding != nil {
		dst = s.padding.append(dst, token)
	}
	for _, n := range s.numbers {
		dst = append(dst, n.before...)
		dst = strconv.AppendInt(dst, int64(n.first+i), 10)
	}
	return append(dst, s.end...)
}

var filler = strings.Repeat("x", 4096)

// huge adds an event of size bytes, numbered like the first token's.
func (s *shape) huge(dst []byte, size int) []byte {
	start := len(dst)
	// A text as long as this gets one character of padding.
	rest := size - len(s.append(nil, 0, "")) + s.padding.drawn() - min(1, s.padding.drawn())
	dst = append(slices.Grow(dst, size), s.open...)
	for rest = max(1, rest); rest > 0; rest -= min(rest, len(filler)) {
		dst = append(dst, filler[:min(rest, len(filler))]...)
	}
	dst = append(dst, s.shut...)
	return s.finish(dst, 0, len(dst)-start)
}

// padding makes OpenAI's obfuscation: random text that hides the length of a
// token from who can see the length of a packet.
type padding struct{ rand *rand.PCG }

const (
	padWidth = 16                                                                 // a token and its padding together
	padMost  = 10                                                                 // characters
	padChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ab" // 64, for 6 bits each
)

// newPadding is nil where the script wants none.
func newPadding(s *Script) *padding {
	if !s.Obfuscation {
		return nil
	}
	return &padding{rand.NewPCG(s.Seed, 1)}
}

// drawn is how many characters of padding an empty text gets.
func (p *padding) drawn() int {
	if p == nil {
		return 0
	}
	return padMost
}

// append adds the padding for a token of so many bytes.
func (p *padding) append(dst []byte, token int) []byte {
	bits := p.rand.Uint64()
	for range max(1, min(padMost, padWidth-token)) {
		dst = append(dst, padChars[bits&63])
		bits >>= 6
	}
	return dst
}
