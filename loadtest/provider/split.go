package provider

import "math/rand/v2"

// longestOdd is the longest piece of SplitRandom: shorter than any chunk, so
// that every event is cut.
const longestOdd = 97

// splitter cuts bytes into the pieces that are written one by one.
type splitter struct {
	every int // as Script.Split
	rand  *rand.PCG
}

func newSplitter(s *Script) splitter {
	c := splitter{every: s.Split}
	if s.Split == SplitRandom {
		c.rand = rand.NewPCG(s.Seed, 0)
	}
	return c
}

// cut divides b into its next piece and what is left.
func (c *splitter) cut(b []byte) (piece, rest []byte) {
	n := c.every
	switch c.every {
	case 0:
		return b, nil
	case SplitRandom:
		n = 1 + int(c.rand.Uint64()%longestOdd)
	}
	n = min(n, len(b))
	return b[:n], b[n:]
}
