package provider

import (
	"fmt"
	"net/http"
	"strconv"
)

// header sets what every answer has, an error too.
func (x *exchange) header(contentType string) http.Header {
	h := x.w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Request-Id", "req_"+x.call.ID)
	h.Set("X-Ratelimit-Remaining-Requests", "9999")
	return h
}

// refuse answers with an error in OpenAI's form, and is an errRefused.
func (x *exchange) refuse(status int, message string) error {
	if err := x.answerError(status, message); err != nil {
		return err
	}
	return errRefused
}

func (x *exchange) answerError(status int, message string) error {
	kind, code := errorKind(status)
	body := fmt.Appendf(nil, `{"error":{"message":%s,"type":%q,"param":null,"code":%s}}`, quote(message), kind, code)
	x.header("application/json").Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	return x.push(body)
}

// errorKind is the type and the code (as JSON) that OpenAI gives with a status.
func errorKind(status int) (kind, code string) {
	switch {
	case status == http.StatusUnauthorized:
		return "invalid_request_error", `"invalid_api_key"`
	case status == http.StatusNotFound:
		return "invalid_request_error", `"model_not_found"`
	case status == http.StatusTooManyRequests:
		return "requests", `"rate_limit_exceeded"`
	case status >= 500:
		return "server_error", "null"
	}
	return "invalid_request_error", "null"
}

const page = "<!DOCTYPE html>\n<html><head><title>Gateway</title></head><body><h1>Something in the way answered</h1></body></html>\n"

// fail plays a scripted status or web page; nil when there is none.
func (x *exchange) fail() error {
	s := &x.script
	if s.RetryAfter > 0 {
		x.w.Header().Set("Retry-After", strconv.Itoa(s.RetryAfter))
	}
	status := max(s.Status, http.StatusOK)
	switch {
	case s.HTML:
		x.header("text/html; charset=utf-8").Set("Content-Length", strconv.Itoa(len(page)))
		x.w.WriteHeader(status)
		if err := x.push([]byte(page)); err != nil {
			return err
		}
		return errPlayed
	case status >= 400:
		if err := x.answerError(status, "Scripted status "+strconv.Itoa(status)+"."); err != nil {
			return err
		}
		return errPlayed
	}
	return nil
}
