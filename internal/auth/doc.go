// Package auth decides who may call: it makes client keys, stores them as
// hashes and checks what a request carries.
//
// A key is random and has 128 bits or more, so it cannot be guessed and needs
// no slow password hash. It is stored as HMAC-SHA-256, which takes 0.4 us where
// bcrypt takes 50 ms: with bcrypt, 20 requests a second keep one core busy, and
// anyone can send those without having a key.
//
// The package logs nothing, no error contains a key, and no value does but those
// of NewKey and Sent.
package auth
