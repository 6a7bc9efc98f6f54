package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"
)

func TestHashIsTheDocumentedHMAC(t *testing.T) {
	mac := hmac.New(sha256.New, []byte("tidegate client key v1"))
	mac.Write([]byte("tg-EXAMPLE"))
	want := "v1:" + hex.EncodeToString(mac.Sum(nil))
	// Twice: the second one runs on a pooled state.
	for range 2 {
		if got := sumOf("tg-EXAMPLE").String(); got != want {
			t.Fatalf("hash = %s, want %s", got, want)
		}
	}
}

// A hash that is written down stays valid: changing how it is made needs a new
// version, not another v1.
func TestHashIsStable(t *testing.T) {
	const want = "v1:9aea37d212e4368486c42c7e77a6fd52119f9a22a5d6a2e43a4b16f9c4afa8e5"
	if got := sumOf("tg-EXAMPLE").String(); got != want {
		t.Fatalf("hash = %s, want %s", got, want)
	}
}

func TestHashConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for _, token := range []string{"tg-A", "tg-BB", "tg-CCC", strings.Repeat("x", maxToken)} {
		want := sumOf(token)
		wg.Go(func() {
			for range 200 {
				if sumOf(token) != want {
					t.Errorf("hash of a %d byte token changed", len(token))
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestCheckHash(t *testing.T) {
	good := sumOf("x").String()
	for _, tc := range []struct {
		name, text string
		want       error
	}{
		{"as made", good, nil},
		{"upper case digits", "v1:" + strings.ToUpper(good[3:]), nil},
		{"empty", "", ErrHash},
		{"no version", good[3:], ErrHash},
		{"other version", "v2:" + good[3:], ErrHash},
		{"short", good[:len(good)-2], ErrHash},
		{"long", good + "00", ErrHash},
		{"not hexadecimal", good[:len(good)-1] + "g", ErrHash},
		{"a key", "tg-AAAAAAAAAAAAAAAAAAAAAAAAAA", ErrHash},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := CheckHash(tc.text)
			if !errors.Is(err, tc.want) {
				t.Fatalf("err = %v, want %v", err, tc.want)
			}
			if err != nil && tc.text != "" && strings.Contains(err.Error(), tc.text) {
				t.Fatalf("the error repeats the text: %v", err)
			}
		})
	}
}
