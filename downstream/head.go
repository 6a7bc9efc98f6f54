package downstream

import (
	"net/http"
	"strconv"
	"time"

	"tidegate/stream"
)

// appendHead appends a response's head (RFC 9112 section 2.1), for
// connections that net/http no longer serves.
func appendHead(dst []byte, status int, h http.Header) []byte {
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	dst = append(dst, http.StatusText(status)...)
	dst = append(dst, "\r\nDate: "...)
	dst = time.Now().UTC().AppendFormat(dst, http.TimeFormat)
	for name, values := range h {
		for _, value := range values {
			dst = append(dst, "\r\n"...)
			dst = append(dst, name...)
			dst = append(dst, ": "...)
			dst = append(dst, value...)
		}
	}
	return append(dst, "\r\n\r\n"...)
}

// appendWhole appends the head of a response whose body has length bytes.
func appendWhole(dst []byte, status int, h http.Header, length int) []byte {
	h.Set("Content-Length", strconv.Itoa(length))
	return appendHead(dst, status, h)
}

// appendResponse appends a failure as a whole response.
func (f *failure) appendResponse(dst []byte, more ...http.Header) []byte {
	h := f.headers()
	for _, also := range more {
		f.id = also.Get("X-Request-Id")
		for name, values := range also {
			h[name] = values
		}
	}
	body := f.appendJSON(nil)
	return append(appendWhole(dst, f.status, h, len(body)), body...)
}

// streamHeader is the header of an event stream. The answer is nil when the
// stream begins before the provider has answered.
func (x *exchange) streamHeader(answer *stream.Answer) http.Header {
	h := http.Header{
		"Content-Type": {"text/event-stream"},
		// proxies in front are told to hold nothing back, each as it wants it
		"Cache-Control":     {"no-cache, no-transform"},
		"X-Accel-Buffering": {"no"},
		"Transfer-Encoding": {"chunked"},
	}
	if answer == nil {
		x.ownHeader(h)
		return h
	}
	x.answerHeader(h, answer)
	return h
}
