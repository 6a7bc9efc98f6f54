package dialect

import (
	"hash/maphash"
	"math/bits"

	"github.com/go-faster/jx"
)

// replies is what matters of an event's choices or candidates: of those that
// stand beside one another in one answer.
type replies struct {
	appeared indices
	finished indices
	spoken   indices // of one event: those that say something
	beyond   bool    // there are some beyond what indices can tell apart
	output   int     // bytes of the longest text in them
	some     bool    // there is something in them, if perhaps no text
	extra    uint64  // a sum over what stands in the event beside known members; 0: nothing
}

// maxChoices is how many choices are told apart: OpenAI allows for as many.
const maxChoices = 128

// indices is a set of those below maxChoices.
type indices [maxChoices / 64]uint64

func (s *indices) add(index int64) { s[index/64] |= 1 << (index % 64) }

func (s *indices) none() bool { return *s == indices{} }

func (s *indices) count() (n int) {
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// weigh reads what an event adds to one of them, and says whether it has text.
func (r *replies) weigh(d *jx.Decoder) (spoken bool, err error) {
	size, some, err := weigh(d)
	r.output, r.some = max(r.output, size), r.some || some
	return size > 0, err
}

// more reads a member that is not known: what a provider says with it may be
// all that shows that it works, as of a prompt that it reads.
func (r *replies) more(d *jx.Decoder) error {
	raw, err := d.Raw()
	if err == nil && something(raw) {
		r.extra = r.extra*31 + maphash.Bytes(extraSeed, raw) | 1
	}
	return err
}

var extraSeed = maphash.MakeSeed()

// add adds the one of an index.
func (r *replies) add(index int64, finished, spoken bool) {
	if index >= maxChoices {
		r.beyond = true
		return
	}
	r.appeared.add(index)
	if finished {
		r.finished.add(index)
	}
	if spoken {
		r.spoken.add(index)
	}
}

// join adds those of an event, and says whether there is anything new. One that
// had finished and speaks on has not finished.
func (r *replies) join(more replies) bool {
	before := *r
	r.beyond = r.beyond || more.beyond
	for i := range r.appeared {
		r.appeared[i] |= more.appeared[i]
		r.finished[i] = r.finished[i]&^more.spoken[i] | more.finished[i]
	}
	return more.some || *r != before
}

// whole says that each that has appeared has finished, and no fewer than were
// asked for.
func (r *replies) whole(asked int) bool {
	return !r.beyond && !r.finished.none() && r.finished == r.appeared && r.finished.count() >= min(asked, maxChoices)
}
