package provider

import (
	"net/http"
	"strconv"
	"time"
)

// batch is how many bytes of events an unpaced stream gathers for one write.
// With HTTP's own framing it still fits net/http's write buffer of 4096, so a
// batch is one system call.
const batch = 4000

// stream answers with an event stream.
func (x *exchange) stream(generate func(*exchange) *answer) error {
	var a *answer
	if x.script.Transcript != nil {
		a = &answer{}
		a.whole(x.script.events...)
	} else {
		a = generate(x)
	}
	h := x.header("text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	if x.script.Instant {
		return x.instant(a)
	}
	x.w.WriteHeader(http.StatusOK)
	if err := x.flush(); err != nil {
		return err
	}
	if err := x.quiet(x.script.FirstDelay); err != nil {
		return err
	}
	return x.play(a)
}

// play sends the events one by one when paced, else in batches, and does at
// each position what the script says.
func (x *exchange) play(a *answer) error {
	s := &x.script
	clock := schedule{start: time.Now(), pace: s.Pace}
	comment := newFraming(s).comment()
	var buf []byte
	if s.BOM {
		buf = append(buf, mark...)
	}
	faultAt, stallAt := s.place(s.At, a), s.place(s.StallAt, a)
	i, sent, pending, last := x.skip, 0, 0, 0 // i lacks the huge event, which sent counts
	for {
		huge := s.Huge > 0 && s.HugeAt == sent
		over := i >= a.length && !huge
		fault := s.Fault != "" && faultAt == sent
		stall := s.Stall != 0 && stallAt == sent
		// Events are of nearly one length: the next will not fit when the
		// last one would not.
		if s.Pace > 0 || len(buf)+last > batch || over || fault || stall {
			if err := x.emit(buf); err != nil {
				return err
			}
			x.call.events.Add(int64(pending))
			buf, pending = buf[:0], 0
		}
		if stall {
			if err := x.quiet(s.Stall); err != nil {
				return err
			}
			clock.shift(s.Stall)
		}
		if fault {
			return x.fault(a, i)
		}
		if over {
			return nil
		}
		if s.Pace > 0 {
			if err := x.sleep(time.Until(clock.due(sent))); err != nil {
				return err
			}
		}
		before := len(buf)
		if s.Comments > 0 && (sent+1)%s.Comments == 0 {
			buf = append(buf, comment...)
		}
		if huge {
			buf = a.huge(buf, s.Huge)
		} else {
			buf = a.append(buf, i)
			i++
		}
		last = len(buf) - before
		sent++
		pending++
	}
}

// place is how many events go before a position of the script.
func (s *Script) place(at int, a *answer) int {
	if at >= 0 {
		return at
	}
	if s.Huge > 0 {
		at++
	}
	return max(0, a.length+at)
}

// instant sends headers, body and end together: the length is given, so
// nothing has to follow the body.
func (x *exchange) instant(a *answer) error {
	var body []byte
	for i := range a.length {
		body = a.append(body, i)
	}
	x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if err := x.push(body); err != nil {
		return err
	}
	x.call.events.Add(int64(a.length))
	return nil
}
