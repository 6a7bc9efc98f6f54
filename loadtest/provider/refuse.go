package provider

import (
	"net/http"
	"strconv"
)

// header sets what every answer has, an error too.
func (x *exchange) header(contentType string) http.Header {
	h := x.w.Header()
	h.Set("Content-Type", contentType)
	x.manner.header(h, x.requestID())
	return h
}

func (x *exchange) requestID() string { return "req_" + x.call.ID }

// refuse answers with an error in the API's form, and is an errRefused.
func (x *exchange) refuse(status int, message string) error {
	if err := x.answerError(status, message); err != nil {
		return err
	}
	return errRefused
}

func (x *exchange) answerError(status int, message string) error {
	body := x.manner.failure(x, status, message)
	x.header("application/json").Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	return x.push(body)
}

const page = "<!DOCTYPE html>\n<html><head><title>Gateway</title></head><body><h1>Something in the way answered</h1></body></html>\n"

// fail plays a scripted status, an error body or a web page; nil when there is
// none.
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
	case status >= 400 || s.Fault == ErrorBody:
		if err := x.answerError(status, "Scripted status "+strconv.Itoa(status)+"."); err != nil {
			return err
		}
		return errPlayed
	}
	return nil
}
