// Package sdk runs the providers' own SDKs, unmodified, against the gateway's
// binary and a scripted provider, over real sockets. It is a module of its own
// so that nobody who uses Tidegate downloads them.
package sdk

import (
	"os"
	"testing"

	"tidegate/test/harness"
)

func TestMain(m *testing.M) {
	os.Exit(harness.Main(func(string) (int, error) { return m.Run(), nil }))
}
