package upstream

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"tidegate/stream"
	"tidegate/upstream/dialect"
)

// maxErrorBody bounds how much of a provider's error is passed on, in bytes.
const maxErrorBody = 64 << 10

// refusal is an answer with an error status: it is passed on with its status
// and body, unless it is a page for people.
func (p *Provider) refusal(answer *stream.Answer, kind string) tried {
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxErrorBody))
	_ = answer.Body.Close()
	switch {
	case kind == "text/html" || answer.Status < 400:
		return tried{outcome: foreign, err: notAnAPI(answer.Status, kind)}
	case err != nil:
		return tried{outcome: broken, err: brokenRefusal(err), spent: true}
	case len(data) == 0:
		return tried{outcome: outcomeOf(answer.Status), err: notAnAPI(answer.Status, kind)}
	}
	return said(answer, answer.Status, data)
}

// noStream is a good status where events were asked for and something else
// came. A whole answer is not passed on, as SDKs take it for a stream without
// an event and without an error; nor is another provider asked, since this one
// was paid for.
func (p *Provider) noStream(answer *stream.Answer, kind string, s *source) tried {
	start := bytes.NewReader(bytes.Clone(s.scan.Pending()))
	data, err := io.ReadAll(io.LimitReader(io.MultiReader(start, s.body), maxErrorBody))
	if err != nil {
		return tried{outcome: broken, err: brokenRefusal(err)}
	}
	data = bytes.TrimSpace(data)
	if kind != "text/html" {
		if _, failed := p.dialect.Failed(data); failed {
			return p.failing(answer, data)
		}
		if dialect.Answers(data) {
			return tried{outcome: unstreamed, err: wholeRefusal()}
		}
	}
	return tried{outcome: foreign, err: notAnAPI(answer.Status, cmp.Or(kind, "something of no type"))}
}

// wholeRefusal is an answer that is not streamed. The status is one that SDKs
// do not try again after.
func wholeRefusal() error {
	return &stream.Refusal{
		Status: http.StatusBadRequest, Code: "not_streamed", Param: "stream",
		Message: "The provider does not stream this model's answers: it made a whole one. Ask for it without stream.",
	}
}

func firstTooLarge(limit int, err error) error {
	return &stream.Refusal{
		Status: http.StatusBadGateway, Code: string(stream.TooLarge),
		Message: fmt.Sprintf("The provider's first event has more than %d bytes.", limit), Err: err,
	}
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

func unreachableRefusal(err error) error {
	return &stream.Refusal{
		Status: http.StatusBadGateway, Code: "upstream_unreachable",
		Message: "The provider can't be reached.", Err: err,
	}
}

func brokenRefusal(err error) error {
	return &stream.Refusal{
		Status: http.StatusBadGateway, Code: "upstream_failed",
		Message: "The provider broke off before it answered.", Err: err,
	}
}

// badTarget is a call that no URL can be made of.
func badTarget(err error) error {
	return &stream.Refusal{
		Status: http.StatusBadRequest, Code: "invalid_path",
		Message: "The path is none that the provider could be asked for.", Err: err,
	}
}

// fullRefusal is a provider that has no place for a call.
func fullRefusal() error {
	return &stream.Refusal{
		Status: http.StatusTooManyRequests, Code: "provider_full", RetryAfter: time.Second,
		Message: "As many calls as the gateway allows are under way at the provider. Try again later.",
	}
}

// openRefusal is a provider that is not asked because it has failed too often.
func openRefusal(left time.Duration) error {
	return &stream.Refusal{
		Status: http.StatusServiceUnavailable, Code: "breaker_open", RetryAfter: max(left, time.Second),
		Message: "The provider has failed too often and is left alone for a while. Try again later.",
	}
}

// wrongAPI is a model none of whose providers speaks the call's API.
func wrongAPI(call *stream.Call, targets []*target) error {
	var speak []string
	for _, api := range []stream.API{
		stream.ChatCompletions, stream.Completions, stream.Responses, stream.Embeddings, stream.Messages, stream.GenerateContent,
	} {
		for _, t := range targets {
			if t.provider.dialect.Speaks(api) {
				speak = append(speak, string(api))
				break
			}
		}
	}
	return &stream.Refusal{
		Status: http.StatusBadRequest, Code: "wrong_api", Param: "model",
		Message: fmt.Sprintf("The model %q can't be called with this API (%s) but with: %s.",
			clip(call.Model), call.API, strings.Join(speak, ", ")),
	}
}

// statusLeft is the status of a call whose caller has gone: nobody sees it.
const statusLeft = 499

// forClient picks the headers that say something to the client: the request's
// id, rate limits, and when to try again.
func forClient(from http.Header) map[string][]string {
	picked := map[string][]string{}
	for name, values := range from {
		if passedOn(http.CanonicalHeaderKey(name)) {
			picked[name] = values
		}
	}
	return picked
}

// passedOn says whether a header is, by its canonical name.
func passedOn(name string) bool {
	switch name {
	case "Content-Type", "Retry-After", "Retry-After-Ms",
		"X-Request-Id", "Request-Id", "Apim-Request-Id", "X-Should-Retry":
		return true
	}
	return strings.HasPrefix(name, "X-Ratelimit-") || strings.HasPrefix(name, "Openai-") ||
		strings.HasPrefix(name, "Anthropic-Ratelimit-")
}
