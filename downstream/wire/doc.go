// Package wire is the protocol tidegate.1: its messages, its binary frames and
// its codes, for the server, the Go client and the load test alike.
// docs/protocol.md is the specification.
package wire
