package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tidegate/downstream/wire"
)

// feeds carries each stream over a response of its own, and acknowledgements
// in requests (docs/protocol.md, SSE): transport.
type feeds struct{ c *Client }

// answerTimeout is how long the gateway may take to answer a request that
// waits for no provider.
const answerTimeout = 10 * time.Second

const streamsPath = "/v1/streams"

// open implements transport.
func (t feeds) open(ctx context.Context, s *Stream, call Call) (link, error) {
	_, _, max, _ := s.resumption()
	ask, err := json.Marshal(struct {
		API     string            `json:"api"`
		Model   string            `json:"model,omitempty"`
		Headers map[string]string `json:"headers,omitempty"`
		Body    json.RawMessage   `json:"body"`
		Max     uint64            `json:"max"`
	}{call.API, call.Model, call.Headers, call.Body, max})
	if err != nil {
		return nil, err
	}
	resp, err := t.c.request(ctx, http.MethodPost, streamsPath, ask)
	if err != nil {
		return nil, openLost(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		return nil, refusal(resp)
	}
	var opened struct {
		Stream string
		Buffer int
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxRefusal)).Decode(&opened); err != nil || opened.Stream == "" {
		return nil, openLost(errors.Join(ErrProtocol, err))
	}
	s.opened(opened.Stream, opened.Buffer)
	l, err := t.resume(ctx, s)
	if err != nil && !final(err) && !isContext(err) { // there is a stream: it is tried again
		l, err = failed(err), nil
	}
	return l, err
}

// resume implements transport.
func (t feeds) resume(ctx context.Context, s *Stream) (link, error) {
	id, seq, max, epoch := s.resumption()
	path := streamPath(id) + "/events?seq=" + strconv.FormatUint(seq, 10) + "&max=" + strconv.FormatUint(max, 10) +
		"&epoch=" + strconv.FormatUint(epoch, 10)
	life, cancel := context.WithCancelCause(context.Background())
	stop := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	late := time.AfterFunc(answerTimeout, func() { cancel(errSilent) })
	resp, err := t.c.request(life, http.MethodGet, path, nil)
	late.Stop()
	stop()
	switch {
	case err != nil:
		cancel(nil)
		return nil, err
	case resp.StatusCode == http.StatusOK && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream"):
		return t.c.follow(s, id, resp.Body, life, cancel), nil
	}
	defer cancel(nil)
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNoContent { // the end was sent before, and is told no more
		return nil, t.c.lookUp(life, s, id)
	}
	return nil, refusal(resp)
}

// lookUp takes a stream's end from its state. The error is never nil.
func (c *Client) lookUp(ctx context.Context, s *Stream, id string) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	resp, err := c.request(ctx, http.MethodGet, streamPath(id), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refusal(resp)
	}
	var state struct{ End json.RawMessage }
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxRefusal)).Decode(&state); err != nil || state.End == nil {
		return fmt.Errorf("%w: the stream's state has no end", ErrProtocol)
	}
	err = wire.Parse(state.End, func(m *wire.Message) error { return s.ended(endOf(m)) })
	if err == nil {
		err = ErrClosed // it is over: nobody hears it
	}
	return err
}

// remove stops a stream's call where no link can.
func (c *Client) remove(id string) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	if resp, err := c.request(ctx, http.MethodDelete, streamPath(id), nil); err == nil {
		_ = resp.Body.Close()
	} // otherwise keep-alive does it
}

func streamPath(id string) string { return streamsPath + "/" + url.PathEscape(id) }

// request makes a request.
func (c *Client) request(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.opt.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header = c.header()
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	} else {
		r.Body, r.GetBody, r.ContentLength = nil, nil, 0
	}
	via := c.http
	if method == http.MethodGet {
		via = c.events
	}
	resp, err := via.Do(r)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return resp, err
}

// refusal is what a response says that is not the wanted one.
func refusal(resp *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	var saying struct{ Error json.RawMessage }
	_ = json.Unmarshal(body, &saying) // somebody else's error page: the status alone speaks
	return refused(resp.StatusCode, saying.Error, seconds(resp.Header.Get("Retry-After")))
}

// seconds reads a Retry-After (RFC 9110 section 10.2.3) in its usual form.
func seconds(text string) time.Duration {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}
