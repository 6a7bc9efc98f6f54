// Package docs holds what the documentation tells people to do against the
// gateway's binary: the commands to type, and what to alert on.
package docs

import (
	"os"
	"testing"

	"tidegate/test/harness"
)

func TestMain(m *testing.M) {
	os.Exit(harness.Main(func(string) (int, error) { return m.Run(), nil }))
}
