package downstream

import (
	"context"
	"log"
	"log/slog"
	"strings"
)

// newServerLog is for what net/http has to say. That is about clients that send
// nonsense, more than anybody wants to read of, but for one thing: a panic is a
// defect of the gateway.
func newServerLog(to *slog.Logger) *log.Logger {
	return log.New(serverLog{to}, "", 0)
}

type serverLog struct{ to *slog.Logger }

// Write implements io.Writer. Each call is one message.
func (l serverLog) Write(p []byte) (int, error) {
	level := slog.LevelDebug
	if strings.HasPrefix(string(p), "http: panic serving") {
		level = slog.LevelError
	}
	l.to.Log(context.Background(), level, strings.TrimRight(string(p), "\n"))
	return len(p), nil
}
