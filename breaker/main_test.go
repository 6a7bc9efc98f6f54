package breaker

import (
	"testing"

	"go.uber.org/goleak"
)

// No test may leave a goroutine behind: a breaker that is opened by nobody's
// clock would cancel a call that runs well.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
