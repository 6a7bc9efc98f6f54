package stream_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No test may leave a goroutine behind: a producer that nobody releases is a
// provider's call that nobody cancels.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
