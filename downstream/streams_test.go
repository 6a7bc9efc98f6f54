package downstream

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// opened is a stream that was opened over HTTP.
type openedStream struct {
	Stream, Events, Ack string
	KeepAliveMS         int64 `json:"keep_alive_ms"`
	Buffer              int
}

// post opens a stream over HTTP.
func post(t *testing.T, conn net.Conn, max int) (o openedStream) {
	t.Helper()
	body := fmt.Sprintf(`{"api":"chat.completions","body":{"model":"m"},"max":%d}`, max)
	resp := answerTo(t, conn, http.MethodPost, streamsPath, body, own)
	if err := json.NewDecoder(resp.Body).Decode(&o); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatal(resp.Status, err)
	}
	_ = conn.Close()
	return o
}

const own = "Origin: http://127.0.0.1"

// get asks for a stream's events.
func get(t *testing.T, conn net.Conn, path string, header ...string) *lines {
	t.Helper()
	resp := answerTo(t, conn, http.MethodGet, path, "", append(header, own)...)
	if h := resp.Header; resp.StatusCode != http.StatusOK || h.Get("Content-Type") != "text/event-stream" || !strings.Contains(h.Get("Cache-Control"), "no-transform") {
		t.Fatal(resp.Status, h)
	}
	return &lines{t, conn, bufio.NewReader(resp.Body)}
}

// lines is a response that is read event by event.
type lines struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

// next is an event's lines, without the empty one that ends it; "" is the end.
func (l *lines) next() string {
	l.t.Helper()
	var b strings.Builder
	for {
		line, err := l.r.ReadString('\n')
		switch {
		case err == io.EOF && line == "" && b.Len() == 0:
			return ""
		case err != nil:
			l.t.Fatalf("%q %v", b.String()+line, err)
		case line == "\n":
			return b.String()
		}
		b.WriteString(line)
	}
}

func (l *lines) want(events ...string) {
	l.t.Helper()
	for _, want := range events {
		if got := l.next(); got != want {
			l.t.Fatalf("got %.300q, want %.300q", got, want)
		}
	}
}

// status asks and returns the answer's status, and its body.
func status(t *testing.T, conn net.Conn, method, path, body string, header ...string) (int, string) {
	t.Helper()
	resp := answerTo(t, conn, method, path, body, append(header, own)...)
	text, err := all(resp)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	return resp.StatusCode, text
}

// From the opening to the end, which EventSource asks for again: 204 stops it.
func TestEventsOverHTTP(t *testing.T) {
	o := &opener{script: func(_ context.Context, st *stream.Stream) stream.End {
		for _, ev := range []stream.Event{
			{Data: []byte(`{"n":1}`)},
			{Name: []byte("content_block_delta"), Data: []byte("two\nlines")},
			{Data: []byte(strings.Repeat("x", 3*pageSize))},
		} {
			_ = st.Append(ev, time.Now())
		}
		return stream.End{Reason: stream.Complete}
	}}
	virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
		a := post(t, l.dial(), 0)
		want := openedStream{a.Stream, streamsPath + "/" + a.Stream + "/events", streamsPath + "/" + a.Stream + "/ack", 15000, 4096}
		if diff := cmp.Diff(want, a); diff != "" || len(a.Stream) < 22 {
			t.Error(diff)
		}
		const end = "event: tidegate.end\ndata: {\"seq\":3,\"reason\":\"complete\"}\n"
		two := "id: 2\nevent: content_block_delta\ndata: two\ndata: lines\n"
		events := get(t, l.dial(), a.Events+"?seq=0")
		events.want("id: 1\ndata: {\"n\":1}\n", two)
		events.want("event: tidegate.blocked\ndata: {\"seq\":2,\"left_ms\":15000}\n") // the large one travels alone
		if code, text := status(t, l.dial(), http.MethodPost, a.Ack, `{"seq":2,"max":0}`); code != http.StatusNoContent {
			t.Error(code, text)
		}
		events.want("id: 3\ndata: "+strings.Repeat("x", 3*pageSize)+"\n", end, "")
		_ = events.conn.Close()

		again := get(t, l.dial(), a.Events+"?seq=2") // its last event was not taken
		again.want("id: 3\ndata: "+strings.Repeat("x", 3*pageSize)+"\n", end, "")
		_ = again.conn.Close()
		synctest.Wait()
		for _, header := range []string{"Last-Event-ID: 3", "X: y"} {
			if code, text := status(t, l.dial(), http.MethodGet, a.Events+"?seq=3", "", header); code != http.StatusNoContent {
				t.Error(code, text)
			}
		}
		if code, text := status(t, l.dial(), http.MethodPost, a.Ack, `{"seq":3,"max":0}`); code != http.StatusGone {
			t.Error(code, text)
		}
		if report := r.only(t); !report.EndSent || report.Received != 3 {
			t.Errorf("%+v", report)
		}
	})
}

// What the browser has seen is newer than what the page once asked for.
func TestLastEventIDWins(t *testing.T) {
	virtual(t, &opener{script: tokens(4)}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		a := post(t, l.dial(), 0)
		first := get(t, l.dial(), a.Events+"?seq=0&max=3")
		first.want("id: 1\ndata: {\"n\":1}\n", "id: 2\ndata: {\"n\":2}\n", "id: 3\ndata: {\"n\":3}\n")
		_ = first.conn.Close()
		second := get(t, l.dial(), a.Events+"?seq=0&max=3", "Last-Event-ID: 2")
		second.want("id: 3\ndata: {\"n\":3}\n")
		if code, text := status(t, l.dial(), http.MethodPost, a.Ack, `{"seq":3,"max":4}`); code != http.StatusNoContent {
			t.Error(code, text)
		}
		second.want("id: 4\ndata: {\"n\":4}\n")
		for path, want := range map[string]int{ // who asks acknowledges
			"?seq=1": http.StatusGone, "?seq=5": http.StatusGone, "?seq=x": http.StatusBadRequest,
			"?seq=-1": http.StatusBadRequest, "?max=x": http.StatusBadRequest, "?seq=99999999999999999999": http.StatusBadRequest,
		} {
			if code, text := status(t, l.dial(), http.MethodGet, a.Events+path, ""); code != want {
				t.Errorf("%s: %d %s", path, code, text)
			}
		}
		_ = second.conn.Close()
	})
}

// The newest reader has the stream; the one before is told and let go.
func TestSupersededOverHTTP(t *testing.T) {
	virtual(t, &opener{script: tokens(2)}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		a := post(t, l.dial(), 1)
		first := get(t, l.dial(), a.Events)
		first.want("id: 1\ndata: {\"n\":1}\n")
		p := join(t, l.dial(), wire.ProtocolJSON) // over the other transport
		p.say(`{"t":"resume","s":1,"stream":%q,"seq":1,"max":2}`, a.Stream)
		p.want(wire.Opened, 1)
		first.want("event: tidegate.detached\ndata: {\"reason\":\"superseded\"}\n", "")
		if m := p.want(wire.Event, 1); m.Seq != 2 {
			t.Errorf("%+v", m)
		}
		second := get(t, l.dial(), a.Events+"?seq=1&max=2")
		if m := p.want(wire.Detached, 1); m.Reason != wire.Superseded {
			t.Errorf("%+v", m)
		}
		second.want("id: 2\ndata: {\"n\":2}\n")
		_ = second.conn.Close()
		_ = p.conn.Close()
	})
}

func TestBlockedOverHTTP(t *testing.T) {
	count := 0
	virtual(t, &opener{script: fillUp(&count)}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		a := post(t, l.dial(), 1)
		events := get(t, l.dial(), a.Events)
		events.want("id: 1\ndata: " + string(event(1, 400).Data) + "\n")
		events.want("event: tidegate.blocked\ndata: {\"seq\":1,\"left_ms\":15000}\n")
		began := time.Now()
		time.Sleep(keepAlive / 2)
		_, text := status(t, l.dial(), http.MethodGet, streamsPath+"/"+a.Stream, "")
		var state map[string]any
		if err := json.Unmarshal([]byte(text), &state); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"stream": a.Stream, "api": "chat.completions", "provider": "p", "model": "*", "seq": float64(count), "sent": 1.0, "acked": 0.0,
			"max": 1.0, "bytes": state["bytes"], "buffer": 4096.0, "full": true, "left_ms": 7500.0, "paused_ms": 7500.0, "attached": true, "end": nil,
		}
		if diff := cmp.Diff(want, state); diff != "" || state["bytes"].(float64) < 3000 {
			t.Error(diff)
		}
		events.want(": keep-alive\n")
		if at := time.Since(began); at != keepAlive {
			t.Errorf("a heartbeat after %v", at)
		}
		if code, _ := status(t, l.dial(), http.MethodPost, a.Ack, fmt.Sprintf(`{"seq":0,"max":%d}`, count)); code != 204 {
			t.Error(code)
		}
		for seq := 2; seq <= count; seq++ {
			events.want(fmt.Sprintf("id: %d\ndata: %s\n", seq, event(seq, 400).Data))
		}
		end := events.next()
		if !strings.HasPrefix(end, fmt.Sprintf("event: tidegate.end\ndata: {\"seq\":%d,\"reason\":\"slow_consumer\",\"error\":{", count)) {
			t.Errorf("%q", end)
		}
		events.want("")
		_, text = status(t, l.dial(), http.MethodGet, streamsPath+"/"+a.Stream, "")
		if !strings.Contains(text, strings.TrimSuffix(strings.SplitAfterN(end, "data: ", 2)[1], "\n")) {
			t.Errorf("the state %s has not the end %s", text, end)
		}
	})
}

// Heartbeats keep a silent line open, and it is no end of a stream.
func TestHeartbeatsOverHTTP(t *testing.T) {
	virtual(t, &opener{script: tokens(1)}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		a := post(t, l.dial(), 0)
		events := get(t, l.dial(), a.Events)
		events.want("id: 1\ndata: {\"n\":1}\n")
		began := time.Now()
		for n := 1; n <= 10; n++ {
			events.want(": keep-alive\n")
			if at := time.Since(began); at != time.Duration(n)*keepAlive {
				t.Errorf("heartbeat %d after %v", n, at)
			}
		}
		_ = events.conn.Close()
	})
}

// A client that takes nothing would hold its connection for ever: TCP waits as
// long as the other side says that it is there.
func TestEventsThatAreNotRead(t *testing.T) {
	virtual(t, &opener{script: tokens(1)}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		a := post(t, l.dial(), 0)
		conn := l.dial()
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n\r\n", a.Events, own)
		synctest.Wait()
		if l := s.lives.get(a.Stream); l.attached() == nil {
			t.Fatal("nobody is attached")
		}
		time.Sleep(3*keepAlive + 1)
		synctest.Wait()
		if l := s.lives.get(a.Stream); l.attached() != nil {
			t.Error("still attached")
		}
		time.Sleep(keepAlive)
		synctest.Wait()
		if end, _ := s.lives.get(a.Stream).st.Ended(); end.Reason != stream.Abandoned {
			t.Error(end)
		}
		_ = conn.Close()
	})
}

func TestStopOverHTTP(t *testing.T) {
	virtual(t, &opener{script: tokens(1)}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		a := post(t, l.dial(), 0)
		events := get(t, l.dial(), a.Events)
		events.want("id: 1\ndata: {\"n\":1}\n")
		for range 2 { // as often as one likes
			if code, _ := status(t, l.dial(), http.MethodDelete, streamsPath+"/"+a.Stream, ""); code != http.StatusNoContent {
				t.Error(code)
			}
		}
		if got := events.next(); !strings.Contains(got, `"reason":"cancelled"`) {
			t.Errorf("%q", got)
		}
		events.want("")
		synctest.Wait()
		for _, c := range []struct {
			method, path, body string
			code               int
		}{
			{http.MethodDelete, "/nobodys", "", 404},
			{http.MethodGet, "/nobodys", "", 404},
			{http.MethodGet, "/nobodys/events", "", 404},
			{http.MethodPost, "/nobodys/ack", `{"seq":1}`, 404},
			{http.MethodPost, "/" + a.Stream + "/ack", `{"seq":9}`, 410},
			{http.MethodPut, "/" + a.Stream, "", 405},
			{http.MethodGet, "/" + a.Stream + "/ack", "", 405},
			{http.MethodGet, "/" + a.Stream + "/other", "", 404},
			{http.MethodGet, "/" + strings.Repeat("A", 65), "", 404},
		} {
			if code, text := status(t, l.dial(), c.method, streamsPath+c.path, c.body); code != c.code {
				t.Errorf("%s %s: %d %s", c.method, c.path, code, text)
			}
		}
	})
}

// An acknowledgement over HTTP that is none changes nothing.
func TestBadAcknowledgementsOverHTTP(t *testing.T) {
	virtual(t, &opener{script: tokens(3)}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		a := post(t, l.dial(), 2)
		events := get(t, l.dial(), a.Events)
		events.want("id: 1\ndata: {\"n\":1}\n", "id: 2\ndata: {\"n\":2}\n")
		for body, want := range map[string]int{
			`{"seq":3,"max":9}`: 409, `{"seq":18446744073709551615}`: 409, `{"seq":-1}`: 400, `{"seq":1.5}`: 400, `x`: 400,
			`{"x":"` + strings.Repeat("x", maxControl) + `"}`: 400,
		} {
			if code, text := status(t, l.dial(), http.MethodPost, a.Ack, body); code != want {
				t.Errorf("%.30s: %d %s", body, code, text)
			}
		}
		if st := s.lives.get(a.Stream).st.Stats(); st.Acked != 0 || st.Max != 2 {
			t.Errorf("%+v", st)
		}
		_ = events.conn.Close()
	})
}
