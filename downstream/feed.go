package downstream

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"tidegate/stream"
)

// feed is one SSE connection's side of a live stream: acknowledgements come by
// other requests.
type feed struct {
	srv     *Server
	l       *live
	conn    *clientConn
	turn    *turn
	watch   watchID
	reader  atomic.Pointer[stream.Reader]
	beats   *time.Timer
	lost    atomic.Pointer[string] // why the stream is not this one's any more
	gone    atomic.Bool            // nothing will be written any more
	wroteAt atomic.Int64
	begun   sync.WaitGroup

	// The heartbeat's own.
	had   int64 // bytes taken when it came last
	stuck int   // heartbeats since the client took anything

	// The turn's own.
	head    []byte
	counted int64  // bytes that are in the stream's figures
	told    uint64 // which time it was told that the buffer is full
	toldAt  uint64 // and after which event
	framing
	last  bool
	ended bool // by the stream's end
}

// feed takes the connection over and makes it the stream's consumer.
func (s *Server) feed(w http.ResponseWriter, l *live, seq, max, epoch uint64) {
	header := http.Header{
		"Content-Type":      {"text/event-stream"},
		"Cache-Control":     {"no-cache, no-transform"},
		"X-Accel-Buffering": {"no"},
		"Transfer-Encoding": {"chunked"},
		"Connection":        {"close"},
		"X-Tidegate-Stream": {l.call.ID},
	}
	for name, values := range w.Header() { // what cors has put there
		header[name] = values
	}
	f := &feed{srv: s, l: l, framing: framing{numbered: true, seq: seq}}
	f.begun.Add(1)
	reader, late := l.attach(f, seq, max, epoch)
	if late != nil {
		late.write(w)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		l.detach(f)
		panic("downstream: a connection that can't be taken over: " + err.Error())
	}
	f.conn = conn.(*clientConn)
	f.conn.answering()
	f.conn.narrow()
	f.head = appendHead(nil, http.StatusOK, header)
	f.turn = newTurn(f.conn, f)
	f.reader.Store(reader)
	f.watch = s.gone.add(f.turn.hangUp)
	f.beats = time.AfterFunc(s.opt.KeepAlive, f.heartbeat)
	f.begun.Done()
	s.gone.arm(f.watch, f.conn)
	f.turn.wake()
}

// wake implements consumer.
func (f *feed) wake() {
	if f.reader.Load() != nil {
		f.turn.wake()
	}
}

// detached implements consumer.
func (f *feed) detached(reason string) {
	f.lost.Store(&reason)
	f.begun.Wait()
	f.turn.wake()
}

// hangUp implements consumer.
func (f *feed) hangUp() {
	f.begun.Wait()
	f.turn.hangUp()
}

// heartbeat writes a comment when nothing was written for long. A client that
// has taken nothing for two of them is given up: TCP by itself would wait for
// ever, and there are no pings as on a WebSocket.
func (f *feed) heartbeat() {
	every := f.srv.opt.KeepAlive
	bytes := f.turn.bytes.Load()
	if busy, _ := f.turn.state(); !busy || bytes != f.had {
		f.had, f.stuck = bytes, 0
	} else if f.stuck++; f.stuck == 2 {
		f.turn.cut()
		return
	}
	left := every - time.Since(time.Unix(0, f.wroteAt.Load()))
	if left <= 0 {
		f.turn.wake()
		left = every
	}
	f.beats.Reset(left)
	if f.gone.Load() { // over has not seen this round
		f.beats.Stop()
	}
}

// fill implements outlet.
func (f *feed) fill(page []byte) (filled []byte, last bool) {
	at := len(f.head)
	page = append(page, f.head...)
	f.head = nil
	page = page[:at+chunkHead]
	page = f.content(page, cap(page)-chunkTail-len(lastChunk))
	size := len(page) - at - chunkHead
	if size == 0 {
		page = page[:at]
	} else {
		putChunkHead(page[at:], size)
		page = append(page, "\r\n"...)
	}
	if f.last {
		page = append(page, lastChunk...)
	}
	return page, f.last
}

// content appends events, and what is to say besides.
func (f *feed) content(dst []byte, limit int) []byte {
	if time.Since(time.Unix(0, f.wroteAt.Load())) >= f.srv.opt.KeepAlive && f.wroteAt.Load() > 0 {
		dst = append(dst, ": keep-alive\n\n"...)
	}
	r := f.reader.Load()
	dst, all := f.put(dst, limit, r)
	if !all {
		return dst
	}
	if reason := f.lost.Load(); reason != nil {
		f.last = true
		dst = append(dst, "event: tidegate.detached\ndata: {\"reason\":\""...)
		return append(append(dst, *reason...), "\"}\n\n"...)
	}
	if end, ok := f.l.endFor(r); ok {
		f.last, f.ended = true, true
		dst = append(dst, "event: tidegate.end\ndata: "...)
		dst = append(dst, endRecord(end, f.seq)...)
		return append(dst, "\n\n"...)
	}
	if left, which := f.l.blocked(); which > f.told || which > 0 && f.seq > f.toldAt {
		f.told, f.toldAt = which, f.seq // again after more events, as lane.rests says
		dst = append(dst, "event: tidegate.blocked\ndata: {\"seq\":"...)
		dst = strconv.AppendUint(dst, f.seq, 10)
		dst = append(dst, ",\"left_ms\":"...)
		dst = strconv.AppendInt(dst, left.Milliseconds(), 10)
		dst = append(dst, "}\n\n"...)
	}
	return dst
}

// wrote implements outlet.
func (f *feed) wrote(now time.Time) {
	f.wroteAt.Store(now.UnixNano())
	f.count()
	if f.ended {
		f.l.sawEnd.Store(true) // before anybody can see that the stream was left
	}
	f.reader.Load().Delivered(now)
	if f.ended {
		f.l.done(true)
	}
}

// count adds what was written to the stream's figures.
func (f *feed) count() {
	written := f.turn.bytes.Load()
	f.l.bytes.Add(written - f.counted)
	f.counted = written
}

// over implements outlet.
func (f *feed) over() {
	f.begun.Wait()
	f.count()
	f.gone.Store(true)
	f.beats.Stop()
	f.srv.gone.remove(f.watch, f.conn)
	f.l.detach(f)
	_ = f.conn.Close()
}
