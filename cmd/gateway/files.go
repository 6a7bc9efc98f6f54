package main

import (
	"fmt"

	"tidegate/internal/config"
)

// ownFiles are the file descriptors that a gateway needs besides those of calls
// and clients: listeners, the log, epoll, and what name look-ups take for a
// moment.
const ownFiles = 64

// tooFewFiles warns if the process may open fewer files than the configured
// limits allow: it would run out of them before any limit is reached, and then
// not even its metrics could be read. most is 0 where that is not known.
func tooFewFiles(c *config.Config, most uint64) []string {
	need := uint64(c.Limits.Connections) + uint64(c.Stream.Max) + adminConns + ownFiles
	if most == 0 || need <= most {
		return nil
	}
	return []string{fmt.Sprintf("limits.connections (%d) and stream.max (%d) need %d file descriptors, and this process may have %d: raise that (LimitNOFILE, ulimit -Hn), or lower them",
		c.Limits.Connections, c.Stream.Max, need, most)}
}
