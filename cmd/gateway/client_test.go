package main

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
)

const chatPath = "/v1/chat/completions"

// chat is the body of a call that streams. The model may be followed by a
// script: "m?tokens=40&fault=rst".
func chat(model string) string {
	return fmt.Sprintf(`{"model":%q,"stream":true,"messages":[{"role":"user","content":"hi"}]}`, model)
}

// event is one event of a stream, as a client sees it.
type event struct{ Name, Data string }

// parse is the reading of an event stream by the letter (WHATWG HTML 9.2.6),
// on the whole text at once, and independent of the gateway's scanner.
// rest is what follows the last event.
func parse(text string) (events []event, comments int, rest string) {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	for {
		block, after, ok := strings.Cut(text, "\n\n")
		if !ok {
			return events, comments, text
		}
		text = after
		var ev event
		var data []string
		for line := range strings.SplitSeq(block, "\n") {
			field, value, _ := strings.Cut(line, ":")
			value = strings.TrimPrefix(value, " ")
			switch {
			case line == "":
			case field == "":
				comments++
			case field == "data":
				data = append(data, value)
			case field == "event":
				ev.Name = value
			}
		}
		if ev.Data = strings.Join(data, "\n"); ev.Data != "" {
			events = append(events, ev)
		}
	}
}

// answer is all that a client saw of a call.
type answer struct {
	status   int
	header   http.Header
	body     string
	err      error // of reading the body; nil: it ended as a whole answer does
	events   []event
	comments int
	rest     string
	done     bool // the stream's last event was [DONE], which is not in events
}

// failureBody is an error in OpenAI's form.
type failureBody struct {
	Error struct {
		Message, Type string
		Param         *string
		Code          any
	}
}

// failed reads the last event, or else the body, as an error in OpenAI's form.
func (a *answer) failed(t testing.TB) (f failureBody) {
	t.Helper()
	text := a.body
	if strings.HasPrefix(a.header.Get("Content-Type"), "text/event-stream") {
		if len(a.events) == 0 {
			t.Fatalf("the stream has no event, and so no error: %q", a.body)
		}
		text = a.events[len(a.events)-1].Data
	}
	if err := json.Unmarshal([]byte(text), &f); err != nil || f.Error.Message == "" || f.Error.Type == "" {
		t.Fatalf("no error in OpenAI's form: %q (%v)", text, err)
	}
	return f
}

// read takes a response to its end.
func read(resp *http.Response) *answer {
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	a := &answer{status: resp.StatusCode, header: resp.Header, body: string(body), err: err}
	a.events, a.comments, a.rest = parse(a.body)
	if n := len(a.events); n > 0 && a.events[n-1] == (event{Data: "[DONE]"}) {
		a.events, a.done = a.events[:n-1], true
	}
	return a
}

// post makes a call and takes its whole answer. Any goroutine may call it.
func (h *house) post(t testing.TB, path, body string) *answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+h.addr+path, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return &answer{err: err}
	}
	resp, err := h.http.Do(r)
	if err != nil {
		t.Error(err)
		return &answer{err: err}
	}
	return read(resp)
}

// works makes a call that must go well.
func (h *house) works(t testing.TB) {
	t.Helper()
	if a := h.post(t, chatPath, chat("m?tokens=3")); a.status != http.StatusOK || !a.done || a.err != nil {
		t.Fatalf("a good call does not go well: %d, %v, %q", a.status, a.err, a.body)
	}
}

// content is the text that the events of a chat carry.
func content(t testing.TB, events []event) string {
	t.Helper()
	var text strings.Builder
	for _, ev := range events {
		var chunk struct {
			Choices []struct{ Delta struct{ Content string } }
		}
		if err := json.Unmarshal([]byte(ev.Data), &chunk); err != nil {
			t.Fatalf("%v: %q", err, ev.Data)
		}
		for _, c := range chunk.Choices {
			text.WriteString(c.Delta.Content)
		}
	}
	return text.String()
}

// caller is a client that does with its connection what it likes.
type caller struct {
	net.Conn
	in    *bufio.Reader
	body  *bufio.Reader
	taken int // bytes of the event stream
}

// small is the size of a caller's own buffers: what it has taken off the
// socket beyond what it has read.
const small = 512

func newCaller(t testing.TB, conn net.Conn) *caller {
	t.Cleanup(func() { _ = conn.Close() })
	return &caller{Conn: conn, in: bufio.NewReaderSize(conn, small)}
}

func (h *house) dial(t testing.TB) *caller {
	t.Helper()
	conn, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	return newCaller(t, conn)
}

// begin asks for a stream, and reads its head and first events.
func (c *caller) begin(t testing.TB, model string, events int) {
	t.Helper()
	c.send(t, chatPath, chat(model))
	c.head(t)
	c.take(t, events)
}

// send writes a request.
func (c *caller) send(t testing.TB, path, body string) {
	t.Helper()
	if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body); err != nil {
		t.Error(err)
	}
}

// head reads a response's head.
func (c *caller) head(t testing.TB) *http.Response {
	t.Helper()
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		t.Error(err)
		resp = &http.Response{Body: http.NoBody}
	}
	c.body = bufio.NewReaderSize(resp.Body, small)
	return resp
}

// next reads one event or comment; a comment's Name is ":".
func (c *caller) next() (event, error) {
	var block strings.Builder
	for {
		line, err := c.body.ReadString('\n')
		c.taken += len(line)
		if err != nil {
			return event{}, err
		}
		if block.WriteString(line); line != "\n" {
			continue
		}
		events, comments, _ := parse(block.String())
		if len(events) == 0 && comments > 0 {
			return event{Name: ":"}, nil
		}
		return events[0], nil
	}
}

// take reads n events.
func (c *caller) take(t testing.TB, n int) {
	t.Helper()
	for i := range n {
		if _, err := c.next(); err != nil {
			t.Fatalf("event %d: %v", i+1, err)
		}
	}
}
