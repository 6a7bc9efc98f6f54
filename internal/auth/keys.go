package auth

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
)

// MaxKeys is how many keys a Keys holds at most. Each request is compared with
// all of them, 10 to 20 ns each, so 10,000 cost 100 to 200 us of a core.
const MaxKeys = 10000

// What NewKeys refuses, besides ErrHash. All come wrapped in an EntryError but
// ErrTooMany.
var (
	ErrName    = errors.New("auth: a key needs a name")
	ErrTwice   = errors.New("auth: the name or the hash is that of an earlier key")
	ErrTooMany = fmt.Errorf("auth: more than %d keys", MaxKeys)
)

// EntryError says which entry NewKeys refused.
type EntryError struct {
	Index int    // position in the list, from 0
	Name  string // the entry's name
	Err   error  // ErrName, ErrHash or ErrTwice
}

func (e *EntryError) Error() string { return fmt.Sprintf("key %d (%q): %v", e.Index, e.Name, e.Err) }

// Unwrap returns the reason.
func (e *EntryError) Unwrap() error { return e.Err }

// Entry is one configured client key.
type Entry struct {
	Name string // who calls with it: the Principal's name
	Hash string // as NewKey made it
}

// Principal is who a request was authenticated as.
type Principal struct {
	// Name is the key's configured name, or Anonymous. It is safe to log and,
	// being configured, to use as a metric label.
	Name string
}

// Anonymous is the Principal's name when no keys are asked for.
const Anonymous = "anonymous"

// Keys are the keys that may call. The zero value accepts none. It does not
// change once made: any number of goroutines may call Check.
type Keys struct {
	names []string
	sums  []sum
	open  bool
}

// Open returns Keys that accept every request as Anonymous, whatever headers it
// carries: for "auth: none".
func Open() *Keys { return &Keys{open: true} }

// NewKeys checks the entries and returns them ready for use. An empty list is
// valid and accepts no request. The error is ErrTooMany or an *EntryError.
func NewKeys(entries []Entry) (*Keys, error) {
	if len(entries) > MaxKeys {
		return nil, ErrTooMany
	}
	k := &Keys{names: make([]string, 0, len(entries)), sums: make([]sum, 0, len(entries))}
	names, sums := make(map[string]bool, len(entries)), make(map[sum]bool, len(entries))
	for i, e := range entries {
		s, err := parseHash(e.Hash)
		switch {
		case e.Name == "":
			err = ErrName
		case err == nil && (names[e.Name] || sums[s]):
			// Two principals for one key: whose calls they are would depend on
			// the order in the file.
			err = ErrTwice
		}
		if err != nil {
			return nil, &EntryError{Index: i, Name: e.Name, Err: err}
		}
		names[e.Name], sums[s] = true, true
		k.names, k.sums = append(k.names, e.Name), append(k.sums, s)
	}
	return k, nil
}

// Check authenticates a request by its headers: Authorization: Bearer KEY,
// x-api-key: KEY or x-goog-api-key: KEY, or several if they are equal. The
// header's names must be in canonical form, as net/http makes them. It returns
// ErrMissing, ErrMalformed, ErrConflict or ErrUnknown. It keeps nothing of h and
// allocates nothing.
func (k *Keys) Check(h http.Header) (Principal, error) { return k.CheckQuery(h, "") }

// CheckQuery is Check for APIs that also take a key in the request's query;
// empty: none came there.
func (k *Keys) CheckQuery(h http.Header, query string) (Principal, error) {
	if k.open {
		return Principal{Name: Anonymous}, nil
	}
	t, err := token(h, query)
	if err != nil {
		return Principal{}, err
	}
	return k.CheckToken(t)
}

// CheckToken authenticates a bare key, for where it does not come in a header.
// It returns ErrMissing or ErrUnknown. It hashes once and compares with every
// key, found or not, so the time it takes tells neither whether a key was
// nearly right nor which one it was.
func (k *Keys) CheckToken(token string) (Principal, error) {
	switch {
	case k.open:
		return Principal{Name: Anonymous}, nil
	case token == "":
		return Principal{}, ErrMissing
	case len(token) > maxToken:
		return Principal{}, ErrUnknown
	}
	got, found := sumOf(token), -1
	for i := range k.sums {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(got[:], k.sums[i][:]), i, found)
	}
	if found < 0 {
		return Principal{}, ErrUnknown
	}
	return Principal{Name: k.names[found]}, nil
}
