package upstream

import (
	"net/http"
	"sync/atomic"
	"time"
)

// keyAside is how long a key that the provider does not know (401) is not used
// while there is another.
const keyAside = time.Minute

// maxKeys is how many keys a provider has at most.
const maxKeys = 64

// credential is one of a provider's keys, as its requests carry it. The
// headers are shared by all requests: nobody may change them.
type credential struct {
	secret        string
	whole, stream http.Header  // of requests for a whole answer, and for a stream
	aside         atomic.Int64 // until when it is, in nanoseconds
}

// keys are a provider's credentials. One is used until it is refused, so that
// the provider's cache of prompts, which may be each key's own, is of use.
// Without a key there is one credential that carries none.
type keys struct {
	all     []*credential
	current atomic.Int32
}

// pick chooses a key for a lane that is not among the tried ones (bits by
// index): one that is free now if there is one. -1: all were tried.
func (k *keys) pick(l *lane, tried uint64, now time.Time) int {
	otherwise := -1
	first, at := int(k.current.Load()), now.UnixNano()
	for n := range k.all {
		i := (first + n) % len(k.all)
		switch {
		case tried&(1<<i) != 0:
		case k.free(l, i, at):
			return i
		case otherwise < 0:
			otherwise = i
		}
	}
	return otherwise
}

func (k *keys) free(l *lane, i int, at int64) bool {
	return l.pauses[i].Load() <= at && k.all[i].aside.Load() <= at
}

// blocked says that no key of a lane is free.
func (k *keys) blocked(l *lane, now time.Time) bool {
	at := now.UnixNano()
	for i := range k.all {
		if k.free(l, i, at) {
			return false
		}
	}
	return true
}

// refused notes that the provider has refused a key, and makes the next one
// the current one. pause is how long the provider has asked to be left alone
// by it, which goes for the lane's model alone. A key that is forbidden
// something is not put aside: it may be good for all but what one client asks
// for.
func (k *keys) refused(l *lane, i int, o outcome, pause time.Duration, now time.Time) {
	switch {
	case o == unauthorized:
		k.all[i].aside.Store(now.Add(keyAside).UnixNano())
	case o == limited && pause > 0:
		l.pauses[i].Store(now.Add(min(pause, maxPause)).UnixNano())
	}
	k.current.CompareAndSwap(int32(i), int32((i+1)%len(k.all)))
}
