package transport

import "errors"

var (
	// ErrConnect is matched by failures before the first byte of a request was
	// sent: name lookup, refused or timed out connections, TLS, a proxy that
	// does not let through. Another provider may be asked.
	ErrConnect = errors.New("transport: no connection to the server")

	// ErrUnprocessed is matched when an HTTP/2 server said in so many words that
	// it did nothing with the request: a GOAWAY below its stream, or
	// REFUSED_STREAM (RFC 9113 section 8.7). It may be sent again.
	ErrUnprocessed = errors.New("transport: the server did not process the request")

	// ErrHeaderTooLarge ends an HTTP/1.1 call whose response header, interim
	// responses included, exceeds [Options.MaxHeader].
	ErrHeaderTooLarge = errors.New("transport: response header too large")

	// ErrMalformed ends an HTTP/1.1 call whose response is none. What came
	// instead is not quoted: it may hold the contents of messages.
	ErrMalformed = errors.New("transport: malformed HTTP response")

	// ErrRequest is matched when a request cannot be sent as it is.
	ErrRequest = errors.New("transport: invalid request")

	// ErrClosed is returned for calls after [Transport.Close].
	ErrClosed = errors.New("transport: closed")

	// errChoseHTTP1 travels through net/http's Transport when a server that was
	// offered both protocols took HTTP/1.1.
	errChoseHTTP1 = errors.New("transport: the server chose HTTP/1.1")

	// errNoHTTP2 is the reason in mode HTTP2 when the server speaks none.
	errNoHTTP2 = errors.New("the server does not speak HTTP/2")
)
