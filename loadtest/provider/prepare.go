package provider

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"net/http"
	"sync"
)

// bodies are read before the answer begins and returned at once, so that a
// silent stream holds none.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// keepBody is the largest buffer that goes back into the pool.
const keepBody = 64 << 10

// prepare reads the request and plays what comes before an answer.
func (x *exchange) prepare() error {
	body := bodies.Get().(*bytes.Buffer)
	body.Reset()
	defer func() {
		if body.Cap() <= keepBody {
			bodies.Put(body)
		}
	}()
	// The body has to be read to its end: only then does net/http watch an
	// HTTP/1.1 connection for the caller's leaving.
	if _, err := body.ReadFrom(http.MaxBytesReader(x.w, x.r.Body, x.provider.options.MaxBody)); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return x.refuse(http.StatusRequestEntityTooLarge, "the request body is too large")
		}
		return err
	}
	hash := sha256.Sum256(body.Bytes())
	x.provider.ledger.update(func() {
		x.call.BodySize, x.call.BodyHash = int64(body.Len()), hash
	})
	if x.r.Method == http.MethodPost {
		if err := x.parse(body.Bytes()); err != nil {
			return err
		}
	}
	if err := x.setScript(); err != nil {
		return x.refuse(http.StatusBadRequest, err.Error())
	}
	x.pieces = newSplitter(&x.script)
	if x.script.Instant {
		return nil
	}
	if err := x.silence(x.script.HeaderDelay); err != nil {
		return err
	}
	return x.fail()
}

func (x *exchange) parse(body []byte) (err error) {
	if len(body) == 0 && x.r.PathValue("id") != "" {
		return nil // the id says it all
	}
	if x.request, err = parseRequest(body); err != nil {
		return x.refuse(http.StatusBadRequest, "We could not parse the JSON body of your request.")
	}
	x.addressed()
	if x.request.model == "" && x.r.PathValue("id") == "" {
		return x.refuse(http.StatusBadRequest, "you must provide a model parameter")
	}
	x.provider.ledger.update(func() { x.call.Model = x.request.model })
	return nil
}

// setScript lays the model's and the header's script over the server's.
func (x *exchange) setScript() (err error) {
	x.script = *x.provider.script.Load()
	name, text := modelScript(x.request.model)
	x.request.model = name
	if text != "" {
		if x.script, err = ParseScript(x.script, text); err != nil {
			return err
		}
	}
	if text = x.r.Header.Get("X-Script"); text != "" {
		if x.script, err = ParseScript(x.script, text); err != nil {
			return err
		}
	}
	if x.script.File != "" {
		x.script.Transcript, err = readTranscript(x.provider.options.Folder, x.script.File)
		x.script.events = events(x.script.Transcript)
	}
	return err
}
