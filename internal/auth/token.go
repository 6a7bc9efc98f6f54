package auth

import (
	"errors"
	"net/http"
	"strings"
)

// What Check answers when a request carries no usable key. All of them are a
// 401 to the client.
var (
	// ErrMissing: none of the places for a key carries anything.
	ErrMissing = errors.New("auth: no key: send Authorization: Bearer KEY, x-api-key: KEY or x-goog-api-key: KEY")
	// ErrMalformed: there is an Authorization header that is not a bearer token.
	ErrMalformed = errors.New("auth: Authorization must be: Bearer KEY")
	// ErrConflict: the request carries two different keys. Choosing one of them
	// would let a client be billed under a name other than the one a proxy in
	// front has checked.
	ErrConflict = errors.New("auth: the request carries two different keys")
	// ErrUnknown: the key is none of the configured ones.
	ErrUnknown = errors.New("auth: unknown key")
)

// The names as net/http stores them, so that a look-up need not convert them.
const (
	headerAuthorization = "Authorization"
	headerAPIKey        = "X-Api-Key"      // Anthropic's
	headerGoogKey       = "X-Goog-Api-Key" // Google's
)

// Sent is the key that a request carries, known or not: "" where it carries
// none, or what Check would refuse unread. It is a secret. query is as
// CheckQuery takes it.
func Sent(h http.Header, query string) string {
	key, _ := token(h, query)
	return key
}

// token finds the one key in a request's headers and query. An empty value
// counts as absent: some SDKs send "Bearer " when they were given no key.
func token(h http.Header, query string) (string, error) {
	found := query
	for _, value := range h[headerAuthorization] {
		t, err := bearer(value)
		if err != nil {
			return "", err
		}
		if found, err = only(found, t); err != nil {
			return "", err
		}
	}
	for _, name := range [...]string{headerAPIKey, headerGoogKey} {
		for _, value := range h[name] {
			var err error
			if found, err = only(found, strings.Trim(value, " \t")); err != nil {
				return "", err
			}
		}
	}
	if found == "" {
		return "", ErrMissing
	}
	return found, nil
}

// bearer takes the token out of an Authorization value (RFC 6750, section 2.1).
// The scheme's name is case-insensitive (RFC 9110, section 11.1).
func bearer(value string) (string, error) {
	value = strings.Trim(value, " \t")
	if value == "" {
		return "", nil
	}
	scheme, rest, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", ErrMalformed
	}
	return strings.Trim(rest, " \t"), nil
}

// only joins two findings. Both come from the same request, so how long this
// comparison takes tells its sender nothing new.
func only(a, b string) (string, error) {
	switch {
	case a == "":
		return b, nil
	case b == "" || a == b:
		return a, nil
	}
	return "", ErrConflict
}
