// Package house holds the tests that keep the repository in order: which
// package may import which, how large a file may grow, and that the
// documentation names what the code has. It has no code of its own.
package house
