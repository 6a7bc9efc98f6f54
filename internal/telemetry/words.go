package telemetry

import "sync"

// What a label says where there is nothing to say, and where what there is may
// not be said.
const (
	none  = "none"
	other = "other"
)

const (
	maxWords = 64 // per label; the gateway has about half as many codes
	maxWord  = 48 // bytes
)

// words are the values of a label whose words are constants elsewhere in the
// gateway. Should one of them ever be fed from outside, the number of series
// and their spelling stay bounded all the same. The zero value is ready; safe
// for concurrent use.
type words struct {
	mu   sync.Mutex
	seen map[string]struct{}
}

// admit returns the word as a label's value.
func (w *words) admit(word string) string {
	if word == "" {
		return none
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.seen[word]; ok {
		return word
	}
	if len(w.seen) >= maxWords || len(word) > maxWord || !plain(word) {
		return other
	}
	if w.seen == nil {
		w.seen = map[string]struct{}{}
	}
	w.seen[word] = struct{}{}
	return word
}

// plain says whether the word is made of letters, digits, "_" and ".".
func plain(word string) bool {
	for _, c := range []byte(word) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}
