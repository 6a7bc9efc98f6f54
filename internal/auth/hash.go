package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"strings"
	"sync"
)

// hashVersion marks how a stored hash was made, so that another way can follow
// without breaking the configuration files that exist.
const hashVersion = "v1:"

// hashLabel is the HMAC's key. It is no secret: it only keeps these values
// apart from any other HMAC of the same text. A salt for each key would defend
// weak keys against tables, but the keys are random, and it would cost one HMAC
// for each configured key and request instead of one for each request.
const hashLabel = "tidegate client key v1"

// maxToken is the length in bytes above which a token is refused unhashed, so
// that nobody without a key can make the gateway hash a whole header.
const maxToken = 512

// ErrHash says that a text is not a hash made by NewKey.
var ErrHash = errors.New(`auth: hash must be "v1:" and 64 hexadecimal digits, as NewKey makes it`)

type sum [sha256.Size]byte

// hasher is what hashing one token needs, pooled so that a request allocates
// nothing.
type hasher struct {
	mac   hash.Hash
	token [maxToken]byte
	sum   sum
}

var hashers = sync.Pool{New: func() any {
	return &hasher{mac: hmac.New(sha256.New, []byte(hashLabel))}
}}

// sumOf hashes a token of at most maxToken bytes.
func sumOf(token string) sum {
	h := hashers.Get().(*hasher)
	h.mac.Reset()
	n := copy(h.token[:], token)
	_, _ = h.mac.Write(h.token[:n])
	h.mac.Sum(h.sum[:0])
	out := h.sum
	// A pooled buffer outlives the request: a heap dump must not show keys.
	clear(h.token[:n])
	hashers.Put(h)
	return out
}

func (s sum) String() string { return hashVersion + hex.EncodeToString(s[:]) }

// CheckHash reports whether text is a hash in the form that NewKey makes: nil,
// or ErrHash. The error does not repeat the text, which may be a key that was
// put in the wrong place.
func CheckHash(text string) error {
	_, err := parseHash(text)
	return err
}

func parseHash(text string) (sum, error) {
	var s sum
	digits, ok := strings.CutPrefix(text, hashVersion)
	if !ok || len(digits) != hex.EncodedLen(len(s)) {
		return sum{}, ErrHash
	}
	if _, err := hex.Decode(s[:], []byte(digits)); err != nil {
		return sum{}, ErrHash
	}
	return s, nil
}
