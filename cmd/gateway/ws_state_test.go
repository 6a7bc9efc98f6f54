package main

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"

	"github.com/tmaxmax/go-sse"

	"tidegate/downstream/wire"
)

// state is what GET /v1/streams/{id} says.
type state struct {
	Seq, Sent, Acked, Max uint64
	Bytes, Buffer         int
	Full, Attached        bool
	LeftMS                int64 `json:"left_ms"`
	End                   *struct {
		Seq    uint64
		Reason string
		Error  *struct{ Code, Message string }
	}
}

// do makes a request as a page of the gateway's own does.
func (h *house) do(t testing.TB, method, path, body string, header ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(patience(t), method, "http://"+h.addr+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "http://"+h.addr)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := h.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func (h *house) state(t testing.TB, id string) (s state) {
	t.Helper()
	resp := h.do(t, http.MethodGet, "/v1/streams/"+id, "")
	body, _ := io.ReadAll(resp.Body)
	if err := json.Unmarshal(body, &s); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s (%v)", resp.Status, body, err)
	}
	return s
}

// stateUntil looks until the state is as it will be.
func (h *house) stateUntil(t testing.TB, id, what string, cond func(state) bool) state {
	t.Helper()
	for ctx := patience(t); ; {
		s := h.state(t, id)
		if cond(s) {
			return s
		}
		if ctx.Err() != nil {
			t.Fatalf("it never was %s: %+v", what, s)
		}
	}
}

// over waits for a stream's end, and returns how many events there are.
func (h *house) over(t testing.TB, id string) uint64 {
	t.Helper()
	return h.stateUntil(t, id, "over", func(s state) bool { return s.End != nil }).Seq
}

// opened is what POST /v1/streams says.
type opened struct{ Stream, Events, Ack string }

// post201 opens a stream over HTTP.
func (h *house) post201(t testing.TB, model string, max uint64) (o opened) {
	t.Helper()
	resp := h.do(t, http.MethodPost, "/v1/streams", fmt.Sprintf(`{"api":"chat.completions","max":%d,"body":%s}`, max, chat(model)))
	if err := json.NewDecoder(resp.Body).Decode(&o); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatal(resp.Status, err)
	}
	return o
}

// sseStream is a stream's events over SSE.
type sseStream struct {
	next func() (sse.Event, error, bool)
	stop func()
}

func (h *house) stream(t testing.TB, path string, header ...string) *sseStream {
	t.Helper()
	resp := h.do(t, http.MethodGet, path, "", header...)
	if resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
	s := &sseStream{}
	var stop func()
	s.next, stop = iter.Pull2(iter.Seq2[sse.Event, error](sse.Read(resp.Body, nil)))
	s.stop = func() { _ = resp.Body.Close(); stop() }
	t.Cleanup(s.stop)
	return s
}

// takes reads so many events; -1 is all there are.
func (s *sseStream) takes(t testing.TB, n int) (all []sse.Event) {
	t.Helper()
	for len(all) != n {
		ev, err, ok := s.next()
		if err != nil || !ok && n >= 0 {
			t.Fatalf("after %d events of %d: %v", len(all), n, err)
		}
		if !ok {
			break
		}
		all = append(all, ev)
	}
	return all
}

// A stream begun on a WebSocket is resumed over SSE, and its end stays
// readable; who asks for events after having seen the end is told that there
// are none, which stops an EventSource.
func TestAcrossTransports(t *testing.T) {
	h := start(t, setup{})
	p := h.knock(t, wire.ProtocolBinary)
	id := p.opens(t, 1, "m?tokens=10", 3).Stream
	p.takes(t, 1, 3)
	path := "/v1/streams/" + id
	all := h.stream(t, path+"/events?seq=2").takes(t, -1)
	if p.expect(t, wire.Detached).Reason != wire.Superseded {
		t.Error("the WebSocket was not told")
	}
	last := all[len(all)-1]
	for i, ev := range all[:len(all)-1] {
		if ev.LastEventID != fmt.Sprint(i+3) || ev.Type != "" {
			t.Errorf("event %d: %+v", i+3, ev)
		}
	}
	seq := len(all) + 1
	if want := fmt.Sprintf(`{"seq":%d,"reason":"complete","usage":{`, seq); last.Type != "tidegate.end" || !strings.HasPrefix(last.Data, want) {
		t.Errorf("the end: %+v, want %s", last, want)
	}
	h.stateUntil(t, id, "left alone", func(s state) bool { return !s.Attached })
	if resp := h.do(t, http.MethodGet, path+"/events?seq=2", "", "Last-Event-ID", fmt.Sprint(seq)); resp.StatusCode != http.StatusNoContent {
		t.Errorf("after the end: %s", resp.Status)
	}
	if st := h.state(t, id); st.End == nil || st.End.Reason != "complete" || st.End.Seq != uint64(seq) || st.Attached {
		t.Errorf("%+v", st)
	}
	// A WebSocket is told once more.
	p.tell(t, wire.Message{T: wire.Resume, S: 2, Stream: id, Seq: uint64(seq), Max: plenty})
	p.expect(t, wire.Opened)
	if end := p.expect(t, wire.End); end.Reason != "complete" {
		t.Errorf("%+v", end.Message)
	}
	for range 2 {
		if resp := h.do(t, http.MethodDelete, path, ""); resp.StatusCode != http.StatusNoContent {
			t.Errorf("delete: %s", resp.Status)
		}
	}
}

// An EventSource asks again for what it asked for first. The credit that it
// has by then is not taken back.
func TestEventSourceKeepsCredit(t *testing.T) {
	h := start(t, setup{})
	opened := h.post201(t, "m?tokens=9", 2)
	first := h.stream(t, opened.Events)
	first.takes(t, 2)
	if resp := h.do(t, http.MethodPost, opened.Ack, `{"seq":3,"max":1000}`); resp.StatusCode != http.StatusConflict {
		t.Errorf("an acknowledgement of what was never sent: %s", resp.Status)
	}
	if resp := h.do(t, http.MethodPost, opened.Ack, `{"seq":2,"max":1000}`); resp.StatusCode != http.StatusNoContent {
		t.Fatal(resp.Status)
	}
	first.stop()
	all := h.stream(t, opened.Events, "Last-Event-ID", "2").takes(t, -1)
	if len(all) < 9 || all[0].LastEventID != "3" || all[len(all)-1].Type != "tidegate.end" {
		t.Errorf("%+v", all)
	}
	if resp := h.do(t, http.MethodGet, opened.Events+"?seq=1", ""); resp.StatusCode != http.StatusGone {
		t.Errorf("a position that was acknowledged: %s", resp.Status)
	}
}
