package telemetry

import (
	"context"
	"io"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"
)

// NewLogHandler makes a handler that writes lines to w as slog's own does, as
// JSON or as text, of the level and above. Lines of plain words and numbers,
// which a call's are, it makes in a third of the time: slog's cost as much as a
// twelfth of a call. Each line is one Write, and several may come at once; what
// becomes of one is for w to know.
func NewLogHandler(w io.Writer, json bool, level slog.Leveler) slog.Handler {
	o := &slog.HandlerOptions{Level: level}
	if json {
		return logHandler{slog.NewJSONHandler(w, o), w, jsonForm}
	}
	return logHandler{slog.NewTextHandler(w, o), w, textForm}
}

// logHandler is slog's own for all but Handle: what it is asked to add to each
// line makes it slog's altogether.
type logHandler struct {
	slog.Handler
	w io.Writer
	logForm
}

// logForm is what text and JSON differ in.
type logForm struct {
	begin, between, is, end string
	quote                   string // around a string
	thousandths             bool   // of a second, and nothing below them, in a time
	float                   byte   // as strconv has it
}

var (
	textForm = logForm{is: "=", between: " ", end: "\n", thousandths: true, float: 'g'}
	jsonForm = logForm{begin: `{"`, is: `":`, between: `,"`, end: "}\n", quote: `"`, float: 'f'}
)

// logLines are borrowed while a line is made.
var logLines = sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}

// Handle implements slog.Handler.
func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	attrs := make([]slog.Attr, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	if h.quickly(r.Time, r.Level, r.Message, attrs) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// quickly writes a line of parts that nobody has made a slog.Record of, which
// costs half as much as to write it. False: it takes slog, and nothing is
// written.
func (h logHandler) quickly(at time.Time, level slog.Level, msg string, attrs []slog.Attr) bool {
	line := logLines.Get().(*[]byte)
	defer logLines.Put(line)
	b, ok := h.line((*line)[:0], at, level, msg, attrs)
	*line = b
	if ok {
		_, _ = h.w.Write(b)
	}
	return ok
}

// line appends one, unless it takes slog to do that.
func (h logHandler) line(b []byte, at time.Time, level slog.Level, msg string, attrs []slog.Attr) (line []byte, ok bool) {
	b = append(b, h.begin...)
	if !at.IsZero() {
		b = append(append(append(b, slog.TimeKey...), h.is...), h.quote...)
		b = append(append(h.time(b, at), h.quote...), h.between...)
	}
	b, ok = h.attr(b, slog.String(slog.LevelKey, level.String()))
	if ok {
		b, ok = h.attr(append(b, h.between...), slog.String(slog.MessageKey, msg))
	}
	for _, a := range attrs {
		if !ok {
			break
		}
		b, ok = h.attr(append(b, h.between...), a)
	}
	return append(b, h.end...), ok
}

// time appends one, in the layout that time formats much faster than any other.
func (h logHandler) time(b []byte, at time.Time) []byte {
	if !h.thousandths {
		return at.AppendFormat(b, time.RFC3339Nano)
	}
	// that layout ends with the last digit that is not 0: there shall be four
	at = at.Truncate(time.Millisecond).Add(time.Millisecond / 10)
	fourth := len(b) + len("2006-01-02T15:04:05.000")
	b = at.AppendFormat(b, time.RFC3339Nano)
	return slices.Delete(b, fourth, fourth+1)
}

// attr appends one, unless it takes slog to do that.
func (h logHandler) attr(b []byte, a slog.Attr) (line []byte, ok bool) {
	if !isName(a.Key) {
		return b, false
	}
	b = append(append(b, a.Key...), h.is...)
	switch v := a.Value; v.Kind() {
	case slog.KindString:
		return h.text(b, v.String())
	case slog.KindInt64:
		return strconv.AppendInt(b, v.Int64(), 10), true
	case slog.KindUint64:
		return strconv.AppendUint(b, v.Uint64(), 10), true
	case slog.KindBool:
		return strconv.AppendBool(b, v.Bool()), true
	case slog.KindFloat64:
		f := v.Float64()
		tame := f == 0 || 1e-6 <= math.Abs(f) && math.Abs(f) < 1e21 // JSON writes others in a way of its own
		return strconv.AppendFloat(b, f, h.float, -1, 64), tame
	}
	return b, false
}

// text appends a string's value.
func (h logHandler) text(b []byte, s string) (line []byte, ok bool) {
	quoted, escaped := s == "", false
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			return b, false
		case c == ' ' || c == '=':
			quoted = true
		case c == '"' || c == '\\':
			quoted, escaped = quoted || c == '"', true
		}
	}
	switch {
	case h.quote != "": // JSON
		return append(append(append(b, h.quote...), s...), h.quote...), !escaped
	case quoted:
		return strconv.AppendQuote(b, s), true
	}
	return append(b, s...), true
}

// isName says that a string stands as an attribute's name as it is.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < 'a' || c > 'z') {
			return false
		}
	}
	return s != ""
}
