package auth

import (
	"errors"
	"net/http"
	"testing"
)

func TestToken(t *testing.T) {
	for _, tc := range []struct {
		name string
		h    http.Header
		want string
		err  error
	}{
		{"bearer", http.Header{"Authorization": {"Bearer k"}}, "k", nil},
		{"scheme in lower case", http.Header{"Authorization": {"bearer k"}}, "k", nil},
		{"scheme in upper case", http.Header{"Authorization": {"BEARER k"}}, "k", nil},
		{"more spaces", http.Header{"Authorization": {" Bearer \t k\t"}}, "k", nil},
		{"x-api-key", http.Header{"X-Api-Key": {" k "}}, "k", nil},
		{"x-goog-api-key", http.Header{"X-Goog-Api-Key": {"k"}}, "k", nil},
		{"two ways to say it, different", http.Header{"X-Goog-Api-Key": {"k"}, "X-Api-Key": {"l"}}, "", ErrConflict},
		{"both, equal", http.Header{"Authorization": {"Bearer k"}, "X-Api-Key": {"k"}}, "k", nil},
		{"both, different", http.Header{"Authorization": {"Bearer k"}, "X-Api-Key": {"l"}}, "", ErrConflict},
		{"two bearers, equal", http.Header{"Authorization": {"Bearer k", "Bearer k"}}, "k", nil},
		{"two bearers, different", http.Header{"Authorization": {"Bearer k", "Bearer l"}}, "", ErrConflict},
		{"two x-api-keys, different", http.Header{"X-Api-Key": {"k", "l"}}, "", ErrConflict},
		{"empty bearer, x-api-key", http.Header{"Authorization": {"Bearer "}, "X-Api-Key": {"k"}}, "k", nil},
		{"bearer, empty x-api-key", http.Header{"Authorization": {"Bearer k"}, "X-Api-Key": {""}}, "k", nil},
		{"nothing", http.Header{}, "", ErrMissing},
		{"nil", nil, "", ErrMissing},
		{"empty values", http.Header{"Authorization": {""}, "X-Api-Key": {" "}}, "", ErrMissing},
		{"bearer alone", http.Header{"Authorization": {"Bearer"}}, "", ErrMissing},
		{"another scheme", http.Header{"Authorization": {"Basic a2V5Og=="}}, "", ErrMalformed},
		{"another scheme beside a key", http.Header{"Authorization": {"Basic a2V5Og=="}, "X-Api-Key": {"k"}}, "", ErrMalformed},
		{"no scheme", http.Header{"Authorization": {"k"}}, "", ErrMalformed},
		{"scheme glued to the key", http.Header{"Authorization": {"Bearerk"}}, "", ErrMalformed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := token(tc.h, "")
			if got != tc.want || !errors.Is(err, tc.err) {
				t.Fatalf("token = %q, %v; want %q, %v", got, err, tc.want, tc.err)
			}
			if sent := Sent(tc.h, ""); sent != tc.want {
				t.Errorf("Sent = %q, want %q", sent, tc.want)
			}
		})
	}
}

// A key in the query is one more, with the same rules.
func TestTokenInQuery(t *testing.T) {
	for _, tc := range []struct {
		h    http.Header
		want string
		err  error
	}{
		{nil, "k", nil},
		{http.Header{"X-Goog-Api-Key": {"k"}}, "k", nil},
		{http.Header{"X-Goog-Api-Key": {"l"}}, "", ErrConflict},
		{http.Header{"Authorization": {"Bearer l"}}, "", ErrConflict},
	} {
		if got, err := token(tc.h, "k"); got != tc.want || !errors.Is(err, tc.err) {
			t.Errorf("%v: token = %q, %v; want %q, %v", tc.h, got, err, tc.want, tc.err)
		}
	}
}
