package loadtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"tidegate/loadtest/check"
	"tidegate/loadtest/provider"
)

// source is the scripted provider, and what it sends is noted.
type source struct {
	*provider.Provider
	find func(id []byte) *check.Stream // nil: not one of ours, or over
	mark []byte                        // how the ids of this run begin

	address string
	http    *http.Server
	served  chan struct{}
	strays  atomic.Int64 // calls that belong to no stream under way
}

// patience is how long a call's header may take to be read. A machine that is
// too busy for ten seconds must not show as a provider that fails.
const patience = time.Minute

// maxRequest bounds a call's body, in bytes. Those of the load are small.
const maxRequest = 1 << 20

// listenAsProvider serves HTTP/1.1, and HTTP/2 to those who know (RFC 9113
// section 3.3).
func listenAsProvider(address, mark string, find func(id []byte) *check.Stream) (*source, error) {
	s := &source{find: find, mark: []byte(mark), served: make(chan struct{})}
	var err error
	if s.Provider, err = provider.New(provider.Options{OnEnd: s.over, History: 16}); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the scripted provider can't listen: %w", err)
	}
	s.address = l.Addr().String()
	s.http = &http.Server{
		Handler: s, ConnContext: provider.ConnContext, Protocols: new(http.Protocols),
		ReadHeaderTimeout: patience, ErrorLog: log.New(io.Discard, "", 0), // faults are meant
	}
	s.http.Protocols.SetHTTP1(true)
	s.http.Protocols.SetUnencryptedHTTP2(true)
	go func() {
		defer close(s.served)
		_ = s.http.Serve(narrow{l}) // always an error: the one of Close
	}()
	return s, nil
}

// narrow bounds what the kernel takes of an answer before the target does: it
// would count as taken.
type narrow struct{ net.Listener }

// sendBuffer is SO_SNDBUF in bytes; Linux doubles it.
const sendBuffer = 8 << 10

// Accept implements net.Listener.
func (n narrow) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		if err := tcp.SetWriteBuffer(sendBuffer); err != nil {
			_ = c.Close() // what it measured would be wrong
		}
	}
	return c, nil
}

// close ends all calls, and returns when their handlers have.
func (s *source) close() {
	_ = s.http.Close()
	<-s.served
	_, _ = s.Wait(context.Background(), func(st provider.Stats) bool { return st.Active == 0 })
}

// ServeHTTP implements http.Handler.
func (s *source) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		s.Provider.ServeHTTP(w, r)
		return
	}
	// To its very end: only then does net/http watch for the caller's leaving.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "the request can't be read", http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	stream := s.find(s.id(body))
	if stream == nil {
		s.strays.Add(1)
		s.Provider.ServeHTTP(w, r)
		return
	}
	stream.Called(time.Now())
	s.Provider.ServeHTTP(&witness{ResponseWriter: w, control: http.NewResponseController(w), stream: stream}, r)
}

// id finds the stream's id in a request, or in the name of a model.
func (s *source) id(text []byte) []byte {
	i := bytes.Index(text, s.mark)
	if i < 0 {
		return nil
	}
	text = text[i:]
	if end := bytes.IndexAny(text, `?"`); end >= 0 {
		text = text[:end]
	}
	return text
}

var callEnds = map[provider.Ending]check.CallEnd{
	provider.Finished: check.Finished, provider.Faulted: check.Faulted, provider.Refused: check.Faulted,
	provider.Cancelled: check.Cancelled, provider.Closed: check.Closed,
}

func (s *source) over(c provider.Call) {
	stream := s.find(s.id([]byte(c.Model)))
	if stream == nil {
		return
	}
	at := c.Ended
	if !c.Gone.IsZero() {
		at = c.Gone
	}
	stream.CallOver(callEnds[c.Ending], at)
}

// witness notes what an answer sends.
type witness struct {
	http.ResponseWriter
	control *http.ResponseController
	stream  *check.Stream
	scan    scanner
	refused bool
}

// Unwrap lets a http.ResponseController find what lies below.
func (w *witness) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *witness) WriteHeader(status int) {
	w.refused = status >= http.StatusBadRequest
	w.ResponseWriter.WriteHeader(status)
}

var doneMarker = []byte("[DONE]")

// Write implements http.ResponseWriter.
func (w *witness) Write(p []byte) (int, error) {
	if !w.refused {
		if err := w.scan.feed(p); err != nil {
			return 0, err
		}
		now := time.Now()
		for b, ok := w.scan.next(); ok; b, ok = w.scan.next() {
			if bytes.Equal(b.data, doneMarker) {
				w.stream.Marker(now)
				continue
			}
			if string(b.name) == "message_stop" || string(b.name) == "response.completed" {
				w.stream.Marker(now)
			}
			w.stream.Sent(b.name, b.data, now)
		}
	}
	return w.ResponseWriter.Write(p)
}

// FlushError is what http.ResponseController calls.
func (w *witness) FlushError() error {
	err := w.control.Flush()
	if err == nil || !errors.Is(err, http.ErrNotSupported) {
		w.stream.Written(time.Now())
	}
	return err
}
