package loadtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"tidegate/downstream/wire"
	"tidegate/loadtest/check"
)

// feed is tidegate.1 over SSE: carrier.
type feed struct {
	*line
	body
	errands *errands // open, acknowledge and cancel
	request []byte
	id      string
	acks    []byte // what requests of acknowledgements begin with
	over    bool   // the end came
}

func (f *feed) open(ctx context.Context, max uint64) (int, error) {
	body := fmt.Appendf(nil, `{"api":"chat.completions","max":%d,"body":%s}`, max, f.request)
	status, content, err := f.errands.do(ctx, f.line.request(http.MethodPost, "/v1/streams", "", body))
	switch {
	case err != nil:
		return 0, err
	case status != http.StatusCreated:
		return 0, &refusedError{status: status}
	}
	var opened struct {
		Stream string
		Buffer int
	}
	if err := json.Unmarshal(content, &opened); err != nil {
		return 0, fmt.Errorf("loadtest: the answer to an open can't be read: %w", err)
	}
	f.id = opened.Stream
	f.acks = f.line.request("POST", "/v1/streams/"+f.id+"/ack", "Content-Type: application/json\r\n", nil)
	f.acks = bytes.TrimSuffix(f.acks, []byte("\r\n"))
	return opened.Buffer, f.follow(ctx, 0, max)
}

func (f *feed) resume(ctx context.Context, seq, max uint64) (int, error) {
	return 0, f.follow(ctx, seq, max)
}

// follow asks for the stream's events.
func (f *feed) follow(ctx context.Context, seq, max uint64) error {
	path := fmt.Sprintf("/v1/streams/%s/events?seq=%d&max=%d", f.id, seq, max)
	return f.events(ctx, "GET", path, "", nil, &f.body)
}

// next implements carrier.
func (f *feed) next(e *event) (bool, error) {
	for {
		b, ok, err := f.body.next()
		switch {
		case !ok && err != nil:
			return false, f.broke(err)
		case !ok:
			return false, nil
		case b.id != 0:
			*e = event{Event: check.Event{Seq: b.id, Name: b.name, Data: b.data}}
			return true, nil
		}
		switch string(b.name) {
		case "tidegate.blocked":
			*e = event{blocked: true}
			return true, nil
		case "tidegate.detached":
			return false, ended(check.Told, false, "detached")
		case "tidegate.end":
			f.over = true
			var end error
			err := wire.Parse(b.data, func(m *wire.Message) error { end = endOf(m); return nil })
			return false, errors.Join(err, end)
		}
	}
}

func (f *feed) broke(err error) error {
	switch err = f.body.broke(err); {
	case f.over:
		return io.EOF
	case isTimeout(err):
		return ended(check.Silent, false, "nothing came")
	}
	return err
}

// endOf is what a terminal record means.
func endOf(m *wire.Message) error {
	e := check.End{Outcome: check.Told, Seq: m.Seq, Detail: m.Reason}
	if m.Reason == "complete" {
		e.Outcome, e.Marker = check.Whole, true
	}
	return &ending{e}
}

func (f *feed) ack(seq, max uint64) error {
	const room = 64
	var text [room]byte
	content := append(text[:0], `{"seq":`...)
	content = strconv.AppendUint(content, seq, 10)
	content = append(content, `,"max":`...)
	content = append(strconv.AppendUint(content, max, 10), '}')
	request := append(make([]byte, 0, len(f.acks)+2*room), f.acks...)
	request = append(request, "Content-Length: "...)
	request = strconv.AppendInt(request, int64(len(content)), 10)
	request = append(request, "\r\n\r\n"...)
	f.errands.send(&asked{request: append(request, content...)})
	return nil
}

func (f *feed) cancel() error {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	_, _, err := f.errands.do(ctx, f.line.request(http.MethodDelete, "/v1/streams/"+f.id, "", nil))
	return err
}
