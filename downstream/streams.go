package downstream

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// The SSE profile: the same streams for where WebSocket is blocked, and for
// EventSource. docs/protocol.md.

const streamsPath = "/v1/streams"

// streamRoute is the route of a path below streamsPath.
func (s *Server) streamRoute(r *http.Request, rest string) (route, bool) {
	switch id, verb, _ := strings.Cut(rest, "/"); {
	case id == "" || len(id) > 64:
		return route{}, false
	case verb == "events":
		return route{http.MethodGet, s.onStream(id, s.events), openaiManner}, true
	case verb == "ack":
		return route{http.MethodPost, s.onStream(id, s.ackStream), openaiManner}, true
	case verb == "" && r.Method == http.MethodDelete:
		return route{"GET, DELETE", s.onStream(id, s.deleteStream), openaiManner}, true
	case verb == "":
		return route{"GET, DELETE", s.onStream(id, s.state), openaiManner}, true
	}
	return route{}, false
}

// onStream finds the stream for a handler, if it is the caller's.
func (s *Server) onStream(id string, handle func(http.ResponseWriter, *http.Request, *live)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		l, f := s.findStream(r, id, r.URL.Query().Get("ticket"))
		if f != nil {
			f.write(w)
			return
		}
		handle(w, r, l)
	}
}

func (s *Server) findStream(r *http.Request, id, ticket string) (*live, *failure) {
	if strings.HasPrefix(ticket, streamForm) && s.allowed(r) {
		if l := s.lives.get(id); l != nil && s.tickets.isFor(ticket, l) {
			return l, nil
		}
		return nil, unknownStream()
	}
	who, f := s.enter(r, ticket)
	if f != nil {
		return nil, f
	}
	if l := s.lives.find(id, who.Name); l != nil {
		return l, nil
	}
	return nil, unknownStream()
}

// openStream serves POST /v1/streams.
func (s *Server) openStream(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	call := &stream.Call{ID: rand.Text()}
	w.Header().Set("X-Request-Id", call.ID)
	who, f := s.enter(r, r.URL.Query().Get("ticket"))
	var release func()
	var body []byte
	if f == nil {
		body, release, f = s.readBody(w, r)
	}
	if f != nil {
		s.refuse(w, call, who, began, f)
		return
	}
	x := &exchange{srv: s, call: call, manner: openaiManner, who: who, began: began, release: release}
	x.ctx, x.cancel = context.WithCancelCause(context.Background())
	var asked wire.Message
	if err := wire.Parse(body, func(m *wire.Message) error { asked = *m; return nil }); err != nil || asked.Body == nil {
		f = badRequest("invalid_json", "", `The request has to be {"api":..., "body":{...}, "max":...}.`)
	}
	if f == nil {
		call.API, call.Body = stream.API(asked.API), asked.Body
		callFrom(call, r, mannerOf(call.API), who)
		f = prepare(call, &asked)
	}
	if f == nil {
		f = x.sitDown()
	}
	if f != nil {
		x.release()
		s.refuse(w, call, who, began, f)
		return
	}
	stop := context.AfterFunc(r.Context(), func() { x.cancel(errClientGone) })
	l, f := x.openLive()
	stop()
	if f != nil {
		f.write(w)
		return
	}
	l.credit.Store(asked.Max)
	at, ticket := streamsPath+"/"+call.ID, ""
	if r.URL.Query().Has("ticket") {
		ticket = "?ticket=" + s.tickets.forStream(l)
	}
	w.Header().Set("Location", at)
	writeJSON(w, http.StatusCreated, map[string]any{
		"stream": call.ID, "events": at + "/events" + ticket, "ack": at + "/ack" + ticket,
		"keep_alive_ms": s.opt.KeepAlive.Milliseconds(), "buffer": s.opt.Pages.Size(),
	})
}

// events serves GET /v1/streams/{id}/events.
func (s *Server) events(w http.ResponseWriter, r *http.Request, l *live) {
	seq, err := position(r)
	max, err2 := number(r.URL.Query().Get("max"), l.credit.Load())
	epoch, err3 := number(r.URL.Query().Get("epoch"), 0)
	if err != nil || err2 != nil || err3 != nil {
		badRequest("invalid_position", "seq", "seq, max, epoch and Last-Event-ID are whole numbers.").write(w)
		return
	}
	if r.Header.Get("Last-Event-Id") != "" { // an EventSource asks again as it asked first: its credit has grown
		max = credit(max, l.st.Stats().Max)
	}
	if max == 0 {
		max = stream.NoLimit // the buffer is the limit
	}
	if l.heard(seq) {
		w.WriteHeader(http.StatusNoContent) // this stops an EventSource
		return
	}
	if !r.ProtoAtLeast(1, 1) {
		fits(r, &stream.Call{Stream: true}).write(w)
		return
	}
	s.feed(w, l, seq, max, epoch)
}

// credit is the larger of two; 0 is no limit.
func credit(asked, granted uint64) uint64 {
	if asked == 0 {
		return 0
	}
	return max(asked, granted)
}

// position is the event after which the client wants to go on. What the
// browser has seen wins over what the page once asked for.
func position(r *http.Request) (uint64, error) {
	if last := r.Header.Get("Last-Event-Id"); last != "" {
		return number(last, 0)
	}
	return number(r.URL.Query().Get("seq"), 0)
}

func number(text string, otherwise uint64) (uint64, error) {
	if text == "" {
		return otherwise, nil
	}
	return strconv.ParseUint(text, 10, 63)
}

// ackStream serves POST /v1/streams/{id}/ack.
func (s *Server) ackStream(w http.ResponseWriter, r *http.Request, l *live) {
	var ack struct{ Seq, Max uint64 }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControl)).Decode(&ack); err != nil {
		badRequest("invalid_json", "", `An acknowledgement is {"seq":N,"max":M}.`).write(w)
		return
	}
	switch err := l.ack(ack.Seq, ack.Max); {
	case l.heard(ack.Seq):
		(&failure{status: http.StatusGone, kind: invalidRequest, code: "stream_over", message: "The stream is over."}).write(w)
	case !errors.Is(err, stream.ErrBeyondSent): // where the consumer is just changing, the next one counts
		w.WriteHeader(http.StatusNoContent)
	default:
		(&failure{
			status: http.StatusConflict, kind: invalidRequest, code: "beyond_sent", param: "seq",
			message: "Event " + strconv.FormatUint(ack.Seq, 10) + " was acknowledged before it was sent.",
		}).write(w)
	}
}

// deleteStream serves DELETE /v1/streams/{id}.
func (s *Server) deleteStream(w http.ResponseWriter, _ *http.Request, l *live) {
	l.stop()
	w.WriteHeader(http.StatusNoContent)
}

// state serves GET /v1/streams/{id}.
func (s *Server) state(w http.ResponseWriter, _ *http.Request, l *live) {
	stats := l.st.Stats()
	state := map[string]any{
		"stream": l.call.ID, "api": l.call.API, "provider": l.answer.Provider, "model": l.answer.Model,
		"seq": stats.Appended, "sent": stats.Sent, "acked": stats.Acked, "max": stats.Max,
		"bytes": stats.Bytes, "buffer": s.opt.Pages.Size(), "full": stats.Full,
		"paused_ms": stats.Paused.Milliseconds(), "attached": stats.Attached, "end": nil,
	}
	if left, which := l.blocked(); which > 0 {
		state["left_ms"] = left.Milliseconds()
	}
	if end, ok := l.ended(); ok {
		state["end"] = json.RawMessage(endRecord(end, stats.Appended))
	}
	writeJSON(w, http.StatusOK, state)
}

// endRecord is a stream's terminal record, as it is said where it is clear
// that it is one, and of which stream.
func endRecord(end stream.End, seq uint64) []byte {
	m := endMessage(end, seq)
	return append([]byte{'{'}, m.Append(nil)[len(`{"t":"end","s":0,`):]...)
}

// endMessage is the same as a message.
func endMessage(end stream.End, seq uint64) wire.Message {
	m := wire.Message{T: wire.End, Seq: seq, Reason: string(end.Reason), Usage: usageSaid(end.Usage)}
	if end.Reason != stream.Complete {
		m.Err = endFailure(end).appendObject(nil)
	}
	return m
}
