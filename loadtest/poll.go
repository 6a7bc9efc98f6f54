package loadtest

import "time"

// reader is what a connection is read for.
type reader interface {
	// came takes what came at that time, and with an error how the connection
	// has ended. over says not to read any more, for now: what p has is taken
	// all the same. It is called by one goroutine at a time. Without p and err
	// it looks at what came before, and every now and then at the time.
	came(p []byte, err error, at time.Time) (over bool)
}

// pull reads once, in the caller's goroutine.
func (l *line) pull(r reader, buf []byte) (over bool) {
	n, err := l.conn.Read(buf)
	return r.came(buf[:n], err, time.Now())
}
