package auth

import "crypto/rand"

// Prefix is how every client key begins, so that a key is recognised where it
// does not belong, by a reader or by a scanner for leaked secrets.
const Prefix = "tg-"

// NewKey makes a client key of 128 random bits or more and the hash to
// configure for it. The key is shown to its owner once and kept nowhere; the
// hash cannot be turned back into it. Safe for concurrent use.
func NewKey() (key, hash string) {
	key = Prefix + rand.Text()
	return key, sumOf(key).String()
}
