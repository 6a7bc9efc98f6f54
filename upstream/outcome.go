package upstream

import (
	"net/http"
	"strconv"
	"time"
)

// outcome is what became of a try to have a call answered.
type outcome uint8

const (
	answered     outcome = iota // well, at least to begin with
	refused                     // a 4xx that is about the request: it would be the same elsewhere
	tooLarge                    // the first event was
	unstreamed                  // a whole answer, where a stream was asked for
	left                        // the caller has gone
	unauthorized                // 401: the key is none, or none any more
	forbidden                   // 403: the key may not, or not this
	limited                     // 429
	failed                      // 408, 5xx, or an error with a good status
	unreachable                 // nothing was sent
	unprocessed                 // the provider said that it did nothing with it
	broken                      // broke off, and may have been processed
	foreign                     // no answer of an API
	late                        // no answer in time
	full                        // no place at the provider; it was not called
	open                        // the breaker is; it was not called
	outcomes     int     = iota
)

// Outcomes are the texts of what may become of a try, as metrics show them.
var Outcomes = [outcomes]string{
	"answered", "refused", "too_large", "unstreamed", "left", "unauthorized", "forbidden", "limited", "failed",
	"unreachable", "unprocessed", "broken", "foreign", "late", "full", "open",
}

// final says that no other target is asked.
func (o outcome) final() bool { return o <= left }

// rotates says that another key may do.
func (o outcome) rotates() bool { return o == unauthorized || o == forbidden || o == limited }

// local says that the provider was not called.
func (o outcome) local() bool { return o == full || o == open }

// sick says that it counts against the provider's health.
func (o outcome) sick() bool {
	switch o {
	case failed, unreachable, broken, foreign, late:
		return true
	}
	return false
}

// outcomeOf is what an error's status means.
func outcomeOf(status int) outcome {
	switch {
	case status == http.StatusUnauthorized:
		return unauthorized
	case status == http.StatusForbidden:
		return forbidden
	case status == http.StatusTooManyRequests:
		return limited
	case status == http.StatusRequestTimeout || status >= 500:
		return failed
	}
	return refused
}

// retryAfter is how long a provider asks to be left alone (RFC 9110 section
// 10.2.3, and retry-after-ms as OpenAI sends it); 0: it does not.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return bounded(ms * float64(time.Millisecond))
	}
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds > 0 {
		return bounded(seconds * float64(time.Second))
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(0, at.Sub(now)), maxPause)
	}
	return 0
}

func bounded(d float64) time.Duration { return time.Duration(min(d, float64(maxPause))) }
