package downstream

import (
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/go-faster/jx"

	"tidegate/stream"
)

// failure is an error that the gateway itself says.
type failure struct {
	status  int
	kind    string // as OpenAI's API says it: "type"
	code    string // docs/errors.md
	message string
	param   string
	retry   time.Duration
	header  map[string]string
	epoch   uint64 // of the stream, where a consumer was too late
	raw     []byte // the provider's own body, instead of what is above

	as *manner // how it is said; nil: as OpenAI's API says it
	id string  // the request's
}

func (f *failure) Error() string { return f.message }

const (
	invalidRequest = "invalid_request_error"
	authFailure    = "authentication_error"
	gatewayFailure = "gateway_error"  // the gateway's own limits
	upstreamFails  = "upstream_error" // the provider, or the way to it
)

func badRequest(code, param, message string) *failure {
	return &failure{status: http.StatusBadRequest, kind: invalidRequest, code: code, param: param, message: message}
}

// failureOf is how a refusal or another error of an opener is said.
func failureOf(err error) *failure {
	var refusal *stream.Refusal
	if !errors.As(err, &refusal) {
		return &failure{
			status: http.StatusInternalServerError, kind: gatewayFailure, code: "internal_error",
			message: "The gateway failed. Its log has the request's id.",
		}
	}
	kind := upstreamFails
	switch {
	case refusal.Status == http.StatusTooManyRequests:
		kind = gatewayFailure
	case refusal.Status < 500:
		kind = invalidRequest
	}
	return &failure{
		status: refusal.Status, kind: kind, code: refusal.Code,
		message: refusal.Message, param: refusal.Param, retry: refusal.RetryAfter,
	}
}

// appendJSON appends the failure as a response's body.
func (f *failure) appendJSON(dst []byte) []byte {
	switch {
	case f.raw != nil:
		return append(dst, f.raw...)
	case f.as != nil:
		return f.as.failure(dst, f)
	}
	return openaiManner.failure(dst, f)
}

// appendObject appends what stands behind "error" in OpenAI's form
// (platform.openai.com/docs/guides/error-codes).
func (f *failure) appendObject(dst []byte) []byte {
	if f.raw != nil {
		if inner := findMember(f.raw, "error"); inner != nil {
			return append(dst, inner...)
		}
		return append(dst, f.raw...)
	}
	var e jx.Encoder
	e.ObjStart()
	e.FieldStart("message")
	e.Str(f.message)
	e.FieldStart("type")
	e.Str(f.kind)
	e.FieldStart("param")
	if f.param == "" {
		e.Null()
	} else {
		e.Str(f.param)
	}
	e.FieldStart("code")
	e.Str(f.code)
	if f.epoch > 0 {
		e.FieldStart("epoch")
		e.UInt64(f.epoch)
	}
	e.ObjEnd()
	return append(dst, e.Bytes()...)
}

// headers are what goes with the error's status.
func (f *failure) headers() http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	if f.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(f.retry.Seconds()))))
	}
	for name, value := range f.header {
		h.Set(name, value)
	}
	return h
}

// write answers a request that is still net/http's.
func (f *failure) write(w http.ResponseWriter) {
	h := w.Header()
	f.id = h.Get("X-Request-Id")
	body := f.appendJSON(nil)
	for name, values := range f.headers() {
		h[name] = values
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(f.status)
	_, _ = w.Write(body)
}

// endFailure is how the end of a stream that is not whole is said.
func endFailure(end stream.End) *failure {
	f := &failure{status: endStatus(end.Reason), kind: upstreamFails, code: string(end.Reason), message: end.Message}
	if end.Cause != "" {
		f.code += "." + string(end.Cause)
	}
	switch end.Reason {
	case stream.SlowConsumer, stream.Cancelled, stream.Abandoned, stream.Limit, stream.Shutdown:
		f.kind = gatewayFailure
	}
	return f
}

// endStatus is the status that a reason would have, for APIs that say one in a
// stream.
func endStatus(reason stream.Reason) int {
	switch reason {
	case stream.UpstreamStalled:
		return http.StatusGatewayTimeout
	case stream.Shutdown:
		return http.StatusServiceUnavailable
	case stream.Limit:
		return http.StatusTooManyRequests
	case stream.Cancelled, stream.Abandoned, stream.SlowConsumer:
		return statusClientGone
	case stream.Complete, stream.UpstreamError, stream.UpstreamTruncated, stream.TooLarge:
	}
	return http.StatusBadGateway
}

// maxRefusal bounds what a provider says to a call that it refuses, in bytes.
const maxRefusal = 64 << 10

// refusedBody is a provider's refusal, in its own words.
func refusedBody(answer *stream.Answer) *failure {
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxRefusal))
	_ = answer.Body.Close()
	f := &failure{status: answer.Status, kind: upstreamFails, code: "upstream_status", message: "The provider refused the call."}
	if err == nil && jx.Valid(body) {
		f.raw = body
	}
	if after := answer.Header["Retry-After"]; len(after) > 0 {
		if n, err := strconv.ParseUint(after[0], 10, 16); err == nil {
			f.retry = time.Duration(n) * time.Second
		}
	}
	return f
}
