package upstream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"tidegate/stream"
	"tidegate/upstream/sse"
	"tidegate/upstream/transport"
)

// maxErrorBody bounds how much of a provider's error is passed on, in bytes.
const maxErrorBody = 64 << 10

// refused is an answer with an error status: it is passed on with its status
// and body, unless it is a page for people.
func (p *Provider) refused(answer *stream.Answer, kind string) (*stream.Answer, error) {
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxErrorBody))
	_ = answer.Body.Close()
	switch {
	case kind == "text/html" || len(data) == 0 && err == nil || answer.Status < 400:
		return nil, notAnAPI(answer.Status, kind)
	case err != nil:
		return nil, err
	}
	return whole(answer, answer.Status, data), nil
}

// noStream is a good status where events were asked for and something else
// came.
func (p *Provider) noStream(answer *stream.Answer, kind string) (*stream.Answer, error) {
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxErrorBody))
	_ = answer.Body.Close()
	if err != nil {
		return nil, err
	}
	if status, failed := p.dialect.Failed(data); failed && kind == "application/json" {
		return whole(answer, errorStatus(status), data), nil
	}
	return nil, notAnAPI(answer.Status, kind)
}

// noFirst is a stream that ended before its first event.
func (s *source) noFirst(err error) error {
	s.Close()
	switch {
	case err == io.EOF:
		return &stream.Refusal{
			Status: http.StatusBadGateway, Code: "upstream_truncated",
			Message: "The provider ended its stream without a single event.", Err: err,
		}
	case errors.Is(err, sse.ErrTooLarge):
		return &stream.Refusal{
			Status: http.StatusBadGateway, Code: string(stream.TooLarge),
			Message: fmt.Sprintf("The provider's first event has more than %d bytes.", s.provider.limits.MaxEvent), Err: err,
		}
	}
	return err
}

// whole is an answer whose body is at hand.
func whole(answer *stream.Answer, status int, data []byte) *stream.Answer {
	answer.Status, answer.Length = status, int64(len(data))
	answer.Body = io.NopCloser(bytes.NewReader(data))
	return answer
}

// errorStatus is the status of an error that came with a good one: what it
// asks for, if it does.
func errorStatus(asked int) int {
	if asked == 0 {
		return http.StatusBadGateway
	}
	return asked
}

func unknownModel(model string) error {
	return &stream.Refusal{
		Status: http.StatusNotFound, Code: "model_not_found", Param: "model",
		Message: fmt.Sprintf("The model %q is not configured at this gateway. GET /v1/models lists those that are.", clip(model)),
	}
}

// clip bounds what a message quotes: a message has to fit where there is room
// for no more than one.
func clip(text string) string {
	const longest = 100
	if len(text) > longest {
		return text[:longest] + "..."
	}
	return text
}

func notAnAPI(status int, kind string) error {
	if kind == "" {
		kind = "nothing"
	}
	return &stream.Refusal{
		Status: http.StatusBadGateway, Code: "upstream_not_an_api",
		Message: fmt.Sprintf("The provider answered %d with %s, which is no answer of its API. The operator should check its base_url.", status, clip(kind)),
	}
}

func tooLate(call *stream.Call, limit time.Duration, err error) error {
	what := "whole answer"
	if call.Stream {
		what = "first event"
	}
	return &stream.Refusal{
		Status: http.StatusGatewayTimeout, Code: string(stream.UpstreamStalled),
		Message: fmt.Sprintf("The provider sent no %s within %v.", what, limit), Err: err,
	}
}

func unreachable(err error) error {
	r := &stream.Refusal{Status: http.StatusBadGateway, Code: "upstream_unreachable", Err: err}
	switch {
	case errors.Is(err, transport.ErrConnect):
		r.Message = "The provider can't be reached."
	default:
		r.Code = "upstream_failed"
		r.Message = "The provider broke off before it answered."
	}
	return r
}

// forClient picks the headers that say something to the client: the request's
// id, rate limits, and when to try again.
func forClient(from http.Header) map[string][]string {
	picked := map[string][]string{}
	for name, values := range from {
		key := http.CanonicalHeaderKey(name)
		if passedOn[key] || strings.HasPrefix(key, "X-Ratelimit-") || strings.HasPrefix(key, "Openai-") {
			picked[name] = values
		}
	}
	return picked
}

var passedOn = map[string]bool{
	"Content-Type": true, "Retry-After": true, "Retry-After-Ms": true,
	"X-Request-Id": true, "Request-Id": true, "X-Should-Retry": true,
}
