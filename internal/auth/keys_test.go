package auth

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// made returns n keys named key0, key1, ... and what accepts them.
func made(t testing.TB, n int) ([]string, *Keys) {
	t.Helper()
	keys, entries := make([]string, n), make([]Entry, n)
	for i := range n {
		entries[i].Name = fmt.Sprintf("key%d", i)
		keys[i], entries[i].Hash = NewKey()
	}
	k, err := NewKeys(entries)
	if err != nil {
		t.Fatal(err)
	}
	return keys, k
}

func TestCheckFindsTheKeysOwner(t *testing.T) {
	keys, k := made(t, 5)
	for i, key := range keys {
		p, err := k.Check(http.Header{"Authorization": {"Bearer " + key}})
		if want := fmt.Sprintf("key%d", i); err != nil || p.Name != want {
			t.Errorf("Check(key %d) = %v, %v; want %s", i, p, err, want)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	keys, k := made(t, 3)
	_, hash := NewKey()
	for _, tc := range []struct {
		name, token string
		want        error
	}{
		{"empty", "", ErrMissing},
		{"another key", Prefix + "AAAAAAAAAAAAAAAAAAAAAAAAAA", ErrUnknown},
		{"one character less", keys[0][:len(keys[0])-1], ErrUnknown},
		{"one character more", keys[0] + "A", ErrUnknown},
		{"lower case", strings.ToLower(keys[0]), ErrUnknown},
		{"a configured hash", sumOf(keys[0]).String(), ErrUnknown},
		{"another hash", hash, ErrUnknown},
		{"as long as may be", strings.Repeat("k", maxToken), ErrUnknown},
		{"too long", keys[0] + strings.Repeat("k", maxToken), ErrUnknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, err := k.CheckToken(tc.token)
			if !errors.Is(err, tc.want) || p != (Principal{}) {
				t.Fatalf("CheckToken = %v, %v; want %v", p, err, tc.want)
			}
			if tc.token != "" && strings.Contains(err.Error(), tc.token) {
				t.Fatal("the error repeats the token")
			}
		})
	}
}

// What was built by mistake must refuse, not accept.
func TestNoKeysAcceptNobody(t *testing.T) {
	key, _ := NewKey()
	empty, err := NewKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []*Keys{empty, new(Keys)} {
		if p, err := k.CheckToken(key); !errors.Is(err, ErrUnknown) {
			t.Errorf("CheckToken = %v, %v", p, err)
		}
		if p, err := k.Check(nil); !errors.Is(err, ErrMissing) {
			t.Errorf("Check = %v, %v", p, err)
		}
	}
}

func TestOpenAcceptsEverybody(t *testing.T) {
	for _, h := range []http.Header{nil, {"Authorization": {"Bearer sk-any"}}, {"Authorization": {"Basic x"}, "X-Api-Key": {"y"}}} {
		if p, err := Open().Check(h); err != nil || p.Name != Anonymous {
			t.Errorf("Check(%v) = %v, %v", h, p, err)
		}
	}
	if p, err := Open().CheckToken(""); err != nil || p.Name != Anonymous {
		t.Errorf("CheckToken = %v, %v", p, err)
	}
}

func TestNewKeysRefuses(t *testing.T) {
	_, a := NewKey()
	_, b := NewKey()
	for _, tc := range []struct {
		name    string
		entries []Entry
		index   int
		want    error
	}{
		{"no name", []Entry{{"a", a}, {"", b}}, 1, ErrName},
		{"no hash", []Entry{{"a", ""}}, 0, ErrHash},
		{"a name twice", []Entry{{"a", a}, {"a", b}}, 1, ErrTwice},
		{"a hash twice", []Entry{{"a", a}, {"b", a}}, 1, ErrTwice},
		{"a hash twice in other case", []Entry{{"a", a}, {"b", "v1:" + strings.ToUpper(a[3:])}}, 1, ErrTwice},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := NewKeys(tc.entries)
			var entry *EntryError
			if !errors.As(err, &entry) || entry.Index != tc.index || !errors.Is(err, tc.want) {
				t.Fatalf("err = %v, want entry %d and %v", err, tc.index, tc.want)
			}
		})
	}
	if _, err := NewKeys(make([]Entry, MaxKeys+1)); !errors.Is(err, ErrTooMany) {
		t.Fatalf("err = %v, want %v", err, ErrTooMany)
	}
}

func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{1, 100, 10000} {
		b.Run(fmt.Sprintf("keys=%d", n), func(b *testing.B) {
			keys, k := made(b, n)
			h := http.Header{"Authorization": {"Bearer " + keys[n/2]}}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.Check(h); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
