package downstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-faster/jx"

	"tidegate/stream"
)

// readBody reads a request's body whole. Beginning the provider's call with
// half a body is what breaks streams whose provider answers early
// (golang/go#40747), and a call that is cut here has cost nothing yet. What is
// returned gives back what the body holds, once however often it is called.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, func(), *failure) {
	limit := s.opt.MaxBody
	if r.ContentLength > limit {
		return nil, nil, tooLargeBody(limit)
	}
	// what is not known in advance is reserved as if it were the most
	size := r.ContentLength
	if size < 0 {
		size = limit
	}
	if !s.bodies.TryAcquire(size) {
		if f := s.waitForRoom(w, r, size); f != nil {
			return nil, nil, f
		}
	}
	s.held.Add(size)
	var released atomic.Bool
	release := func() {
		if !released.Swap(true) {
			s.held.Add(-size)
			s.bodies.Release(size)
		}
	}

	body, err := readAll(w, r, limit)
	if err != nil {
		release()
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			return nil, nil, tooLargeBody(limit)
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, nil, &failure{
				status: http.StatusRequestTimeout, kind: invalidRequest, code: "body_too_slow",
				message: fmt.Sprintf("The request's body did not arrive within %v.", s.opt.BodyTimeout),
				header:  map[string]string{"Connection": "close"},
			}
		}
		f := badRequest("body_cut", "", "The request's body broke off.")
		f.header = map[string]string{"Connection": "close"}
		return nil, nil, f
	}
	return body, release, nil
}

// waitForRoom waits until size more bytes of bodies may be held.
func (s *Server) waitForRoom(w http.ResponseWriter, r *http.Request, size int64) *failure {
	ctx, cancel := context.WithTimeout(r.Context(), s.opt.BodyTimeout)
	defer cancel()
	if err := s.bodies.Acquire(ctx, size); err != nil {
		return &failure{
			status: http.StatusServiceUnavailable, kind: gatewayFailure, code: "overloaded", retry: time.Second,
			message: "The gateway holds as many request bodies as it may. Try again.",
		}
	}
	// the time that has passed is not the client's
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.opt.BodyTimeout))
	return nil
}

// readAll reads to the end, and with the last byte net/http sees it: from then
// on it watches for the client's disconnect, without a deadline.
func readAll(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength < 0 {
		return io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	return body, err
}

func tooLargeBody(limit int64) *failure {
	return &failure{
		status: http.StatusRequestEntityTooLarge, kind: invalidRequest, code: "request_too_large",
		message: fmt.Sprintf("The request's body has more than %d bytes, which is the limit here.", limit),
		header:  map[string]string{"Connection": "close"},
	}
}

// parse understands of a request's body what routing needs: in most APIs it
// names the model and says whether to stream, in Gemini's the path does. Two
// members of the same name are refused: programs disagree on which of them
// counts, and so would the gateway and the provider.
func parse(call *stream.Call, says bool) *failure {
	body := call.Body
	d := jx.DecodeBytes(body)
	if len(body) == 0 || d.Next() != jx.Object {
		return badRequest("invalid_json", "", "The request's body has to be a JSON object.")
	}
	seen := make(map[string]struct{}, 8)
	var wrong *failure
	hasModel := false
	err := d.ObjBytes(func(d *jx.Decoder, key []byte) error {
		name := string(key)
		if _, twice := seen[name]; twice {
			wrong = badRequest("duplicate_key", name, fmt.Sprintf("The request's body has %q twice.", clip(name)))
			return wrong
		}
		seen[name] = struct{}{}
		switch {
		case !says:
		case name == "model":
			if d.Next() != jx.String {
				wrong = badRequest("invalid_model", "model", `"model" has to be a string.`)
				return wrong
			}
			raw, err := d.Raw()
			if err != nil {
				return err
			}
			// raw is a part of body: where it stands follows from how much
			// of body's memory is behind it
			end := len(body) - (cap(raw) - (cap(body) - len(body))) + len(raw)
			call.ModelAt = [2]int{end - len(raw), end}
			call.Model, err = jx.DecodeBytes(raw).Str()
			hasModel = true
			return err
		case name == "stream":
			switch d.Next() {
			case jx.Null:
				return d.Skip()
			case jx.Bool:
				var err error
				call.Stream, err = d.Bool()
				return err
			}
			wrong = badRequest("invalid_stream", "stream", `"stream" has to be true or false.`)
			return wrong
		case strings.EqualFold(name, "model") || strings.EqualFold(name, "stream"):
			// a provider that ignores case would read it as the real one
			wrong = badRequest("misspelt_key", name, fmt.Sprintf("The request's body has %q: write it in lower case.", clip(name)))
			return wrong
		}
		return d.Skip()
	})
	switch {
	case wrong != nil:
		return wrong
	case err != nil:
		return badRequest("invalid_json", "", "The request's body is no valid JSON: "+plainJSONError(err))
	case !atEnd(d):
		return badRequest("invalid_json", "", "The request's body goes on after its JSON object.")
	case says && (!hasModel || call.Model == ""):
		return badRequest("missing_model", "model", `The request's body has no "model".`)
	}
	return nil
}

// atEnd says that nothing but white space is left.
func atEnd(d *jx.Decoder) bool { return d.Skip() == io.EOF }

// plainJSONError says where the JSON is wrong, without quoting it.
func plainJSONError(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return "it ends too early."
	}
	text := err.Error()
	if i := strings.LastIndex(text, " at "); i >= 0 {
		return "byte" + strings.TrimPrefix(text[i:], " at") + " is unexpected."
	}
	return "it can't be read."
}

func clip(name string) string {
	const longest = 60
	if len(name) > longest {
		return name[:longest] + "..."
	}
	return name
}
