package telemetry

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	logDelay = 100 * time.Millisecond // for which a line may wait for others
	logBatch = 32 << 10               // bytes that are enough to be written at once
	logLimit = 1 << 20                // bytes that may wait
)

// LogBuffer puts lines of a log together and writes them in the background: a
// write for each costs a twentieth of a call, and one that blocks would hold
// up the calls that end. A line waits for 100 ms at most, with a warning or an
// error behind it for nothing. When what takes the log is so slow that 1 MiB
// waits, further lines are dropped, and the log says how many.
//
// Safe for concurrent use.
type LogBuffer struct {
	w       io.Writer
	handler slog.Handler // formats lines, into the buffer

	writing sync.Mutex // held while writing to w; locked before mu

	mu      sync.Mutex // guards the following
	waiting []byte
	spare   []byte // memory of the batch before
	lost    int    // lines
	due     bool   // what waits is to be written now
	closed  bool
	timer   *time.Timer
}

// NewLogBuffer makes a buffer in front of w. The lines are those of the
// handler that handler makes, which has to write each with one Write.
func NewLogBuffer(w io.Writer, handler func(io.Writer) slog.Handler) *LogBuffer {
	b := &LogBuffer{w: w}
	b.timer = time.AfterFunc(logDelay, b.flush)
	b.handler = handler(bufferedLines{b})
	return b
}

// Handler is the handler whose lines are buffered.
func (b *LogBuffer) Handler() slog.Handler { return urgent{b.handler, b} }

// Close writes what waits. Lines that come later are written as they come.
func (b *LogBuffer) Close() {
	b.mu.Lock()
	b.closed = true
	b.timer.Stop()
	b.mu.Unlock()
	b.flush()
}

// bufferedLines are the side of a LogBuffer that its handler writes to.
type bufferedLines struct{ b *LogBuffer }

func (l bufferedLines) Write(line []byte) (int, error) {
	if l.b.keep(line) {
		return len(line), nil
	}
	l.b.writing.Lock()
	defer l.b.writing.Unlock()
	return l.b.w.Write(line)
}

// keep takes a line to be written later, unless there is no later.
func (b *LogBuffer) keep(line []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return false
	case len(b.waiting)+len(line) > logLimit:
		b.lost++
		return true
	case len(b.waiting) == 0:
		b.timer.Reset(logDelay)
	}
	b.waiting = append(b.waiting, line...)
	if len(b.waiting) >= logBatch {
		b.hurry()
	}
	return true
}

// hurry has what waits written now. A batch is hurried once: goroutines must
// not gather behind a write that blocks.
func (b *LogBuffer) hurry() {
	if !b.due && !b.closed {
		b.due = true
		b.timer.Reset(0)
	}
}

// flush writes what waits, and has the log say what was dropped meanwhile.
func (b *LogBuffer) flush() {
	if lost := b.write(); lost > 0 {
		r := slog.NewRecord(time.Now(), slog.LevelWarn, "lines of this log were dropped: what takes it is too slow", 0)
		r.AddAttrs(slog.Int("lines", lost))
		_ = b.handler.Handle(context.Background(), r)
	}
}

func (b *LogBuffer) write() (lost int) {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	batch := b.waiting
	b.waiting, b.spare = b.spare[:0], nil
	lost, b.lost = b.lost, 0
	b.due = false
	b.mu.Unlock()

	if len(batch) > 0 {
		_, _ = b.w.Write(batch) // there is nowhere to say that it failed
	}
	if cap(batch) <= 2*logBatch { // the memory of a burst is not kept
		b.mu.Lock()
		b.spare = batch
		b.mu.Unlock()
	}
	return lost
}

// urgent is a handler whose warnings do not wait.
type urgent struct {
	slog.Handler
	b *LogBuffer
}

func (u urgent) Handle(ctx context.Context, r slog.Record) error {
	err := u.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		u.b.mu.Lock()
		u.b.hurry()
		u.b.mu.Unlock()
	}
	return err
}

func (u urgent) WithAttrs(attrs []slog.Attr) slog.Handler {
	return urgent{u.Handler.WithAttrs(attrs), u.b}
}

func (u urgent) WithGroup(name string) slog.Handler {
	return urgent{u.Handler.WithGroup(name), u.b}
}
