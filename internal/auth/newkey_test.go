package auth

import (
	"strings"
	"testing"
)

func TestNewKey(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		key, hash := NewKey()
		if !strings.HasPrefix(key, Prefix) {
			t.Fatalf("key does not begin with %q", Prefix)
		}
		// 26 characters of an alphabet of 32 are 130 bits.
		if n := len(key) - len(Prefix); n < 26 {
			t.Fatalf("key has %d random characters, want 26 or more", n)
		}
		if strings.Contains(hash, key[len(Prefix):]) {
			t.Fatal("hash contains the key")
		}
		if seen[key] || seen[hash] {
			t.Fatal("the same key or hash twice")
		}
		seen[key], seen[hash] = true, true
		keys, err := NewKeys([]Entry{{Name: "app", Hash: hash}})
		if err != nil {
			t.Fatal(err)
		}
		if p, err := keys.CheckToken(key); err != nil || p.Name != "app" {
			t.Fatalf("CheckToken = %v, %v", p, err)
		}
	}
}
