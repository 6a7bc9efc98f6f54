package telemetry

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	logDelay = 100 * time.Millisecond // for which a line may wait for others
	logBatch = 32 << 10               // bytes that are enough to be written at once
	logLimit = 1 << 20                // bytes that may wait
	logGrace = time.Second            // for which Close waits for what takes the log
)

// LogBuffer puts lines of a log together and writes them in the background: a
// write for each costs a twentieth of a call, and one that blocks would hold
// up the calls that end. A line waits for 100 ms at most, with a warning or an
// error behind it for nothing. When what takes the log is so slow that 1 MiB
// waits, further lines are lost, and so are those whose write fails. Lost counts
// them; once a write goes well again, the log says how many there were.
//
// Safe for concurrent use.
type LogBuffer struct {
	w       io.Writer
	handler slog.Handler // formats lines, into the buffer

	writing chan struct{} // full while w is written to; taken before mu
	lost    atomic.Int64  // lines since the start

	mu      sync.Mutex // guards the following
	waiting []byte
	spare   []byte // memory of the batch before
	untold  int    // of the lost lines, those that the log has not told of
	due     bool   // what waits is to be written now
	closed  bool
	timer   *time.Timer
}

// NewLogBuffer makes a buffer in front of w. The lines are those of the
// handler that handler makes, which has to write each with one Write.
func NewLogBuffer(w io.Writer, handler func(io.Writer) slog.Handler) *LogBuffer {
	b := &LogBuffer{w: w, writing: make(chan struct{}, 1)}
	b.timer = time.AfterFunc(logDelay, b.flush)
	b.handler = handler(bufferedLines{b})
	return b
}

// Handler is the handler whose lines are buffered.
func (b *LogBuffer) Handler() slog.Handler { return urgent{b.handler, b} }

// Lost is how many lines were lost since the start; of no buffer, 0.
func (b *LogBuffer) Lost() int64 {
	if b == nil {
		return 0
	}
	return b.lost.Load()
}

// Close writes what waits, and waits for that for a second: a process that ends
// must not hang on whoever has stopped to read its log. Lines that come later
// are written as they come.
func (b *LogBuffer) Close() {
	b.mu.Lock()
	b.closed = true
	b.timer.Stop()
	b.mu.Unlock()
	written := make(chan struct{})
	go func() {
		defer close(written)
		b.flush()
	}()
	grace := time.NewTimer(logGrace)
	defer grace.Stop()
	select {
	case <-written:
	case <-grace.C:
	}
}

// bufferedLines are the side of a LogBuffer that its handler writes to.
type bufferedLines struct{ b *LogBuffer }

func (l bufferedLines) Write(line []byte) (int, error) {
	if l.b.keep(line) {
		return len(line), nil
	}
	l.b.writing <- struct{}{}
	defer func() { <-l.b.writing }()
	if lost := l.b.drain(); lost > 0 { // what Close has not come to yet goes before this line
		l.b.mu.Lock()
		l.b.untold += lost
		l.b.mu.Unlock()
	}
	n, err := l.b.w.Write(line)
	if err != nil {
		l.b.lost.Add(1)
	}
	return n, err
}

// keep takes a line to be written later, unless there is no later.
func (b *LogBuffer) keep(line []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return false
	case len(b.waiting)+len(line) > logLimit:
		b.lost.Add(1)
		b.untold++
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

// flush writes what waits, and has the log say what was lost before.
func (b *LogBuffer) flush() {
	b.writing <- struct{}{}
	lost := b.drain()
	<-b.writing
	if lost > 0 {
		r := slog.NewRecord(time.Now(), slog.LevelWarn, "lines of this log were lost: what takes it was too slow, or failed", 0)
		r.AddAttrs(slog.Int("lines", lost))
		_ = b.handler.Handle(context.Background(), r)
	}
}

// drain writes what waits, with writing taken. It returns how many lines, lost
// before, are to be told of: 0 where the write fails, or a log that nobody takes
// would tell of its own lines for ever.
func (b *LogBuffer) drain() (lost int) {
	b.mu.Lock()
	batch := b.waiting
	b.waiting, b.spare = b.spare[:0], nil
	lost, b.untold = b.untold, 0
	b.due = false
	b.mu.Unlock()

	missing := 0
	if len(batch) > 0 {
		n, err := b.w.Write(batch)
		if err != nil {
			missing = bytes.Count(batch[n:], []byte{'\n'})
			b.lost.Add(int64(missing))
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if cap(batch) <= 2*logBatch { // the memory of a burst is not kept
		b.spare = batch
	}
	if missing > 0 || len(batch) == 0 {
		b.untold += lost + missing
		return 0
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
	u.wrote(r.Level)
	return err
}

// quickly is logHandler's, where that is what is behind.
func (u urgent) quickly(at time.Time, level slog.Level, msg string, attrs []slog.Attr) bool {
	h, ok := u.Handler.(logHandler)
	if !ok || !h.quickly(at, level, msg, attrs) {
		return false
	}
	u.wrote(level)
	return true
}

// wrote says that a line waits.
func (u urgent) wrote(level slog.Level) {
	if level < slog.LevelWarn {
		return
	}
	u.b.mu.Lock()
	defer u.b.mu.Unlock()
	u.b.hurry()
}

func (u urgent) WithAttrs(attrs []slog.Attr) slog.Handler {
	return urgent{u.Handler.WithAttrs(attrs), u.b}
}

func (u urgent) WithGroup(name string) slog.Handler {
	return urgent{u.Handler.WithGroup(name), u.b}
}
