package loadtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"tidegate/downstream/wire"
	"tidegate/loadtest/check"
)

// feed is tidegate.1 over SSE: carrier.
type feed struct {
	*line
	http   *http.Client // for all requests but that of events
	body   []byte
	events plain
	id     string
	over   bool // the end came
}

func (f *feed) open(ctx context.Context, max uint64) (int, error) {
	body := fmt.Appendf(nil, `{"api":"chat.completions","max":%d,"body":%s}`, max, f.body)
	resp, err := f.request(ctx, http.MethodPost, "/v1/streams", body)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		return 0, &refusedError{status: resp.StatusCode}
	}
	var opened struct {
		Stream string
		Buffer int
	}
	if err := json.NewDecoder(resp.Body).Decode(&opened); err != nil {
		return 0, fmt.Errorf("loadtest: the answer to an open can't be read: %w", err)
	}
	f.id = opened.Stream
	return opened.Buffer, f.follow(ctx, 0, max)
}

func (f *feed) resume(ctx context.Context, seq, max uint64) (int, error) {
	return 0, f.follow(ctx, seq, max)
}

// follow asks for the stream's events.
func (f *feed) follow(ctx context.Context, seq, max uint64) error {
	f.events.line = f.line
	path := fmt.Sprintf("/v1/streams/%s/events?seq=%d&max=%d", f.id, seq, max)
	return f.events.ask(ctx, "GET", path, "", nil)
}

func (f *feed) request(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, f.target.root+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header = f.header()
	r.Header.Set("Content-Type", "application/json")
	return f.http.Do(r)
}

func (f *feed) more() bool { return f.events.more() }

// next implements carrier.
func (f *feed) next() (event, error) {
	for {
		b, err := f.events.pull()
		switch {
		case err != nil && f.over:
			return event{}, io.EOF
		case err != nil && isTimeout(err):
			return event{}, ended(check.Silent, false, "nothing came")
		case err != nil:
			return event{}, err
		case b.id != 0:
			return event{Event: check.Event{Seq: b.id, Name: b.name, Data: b.data}}, nil
		}
		switch string(b.name) {
		case "tidegate.blocked":
			return event{blocked: true}, nil
		case "tidegate.detached":
			return event{}, ended(check.Told, false, "detached")
		case "tidegate.end":
			f.over = true
			var end error
			err := wire.Parse(b.data, func(m *wire.Message) error { end = endOf(m); return nil })
			return event{}, errors.Join(err, end)
		}
	}
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
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	resp, err := f.request(ctx, http.MethodPost, "/v1/streams/"+f.id+"/ack", fmt.Appendf(nil, `{"seq":%d,"max":%d}`, seq, max))
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.Body.Close()
}

func (f *feed) cancel() error {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	resp, err := f.request(ctx, http.MethodDelete, "/v1/streams/"+f.id, nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
