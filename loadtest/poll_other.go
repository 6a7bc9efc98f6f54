//go:build !linux

package loadtest

// poller reads for many clients at once, where there is a way to.
type poller struct{}

func newPoller() (*poller, error) { return &poller{}, nil }

func (p *poller) close() {}

func (p *poller) serve(*life) bool { return false }
