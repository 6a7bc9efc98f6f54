// Package harness starts the gateway's binary, as a user would, and a scripted
// provider behind it, for tests that call it over real sockets: the SDKs', the
// browser's, the examples', the documentation's.
package harness

import (
	"context"
	"testing"
	"time"
)

const (
	// Patience bounds what should take moments, so that a test which waits for
	// what never comes says so.
	Patience = time.Minute
	// Never is a keep-alive that no test lives to see: what ends a call is
	// then not that the gateway tried to write.
	Never = "1h"
	// Prompt is what clients ask. It is in no log.
	Prompt = "Which way does the tide run?"
)

// Patient bounds a wait or a call by Patience.
func Patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	t.Cleanup(cancel)
	return ctx
}
