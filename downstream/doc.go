// Package downstream serves clients: the providers' own APIs, for unmodified
// SDKs. It is handed an opener of calls and knows nothing of providers.
//
// A streaming request leaves net/http as soon as it is understood: its
// connection is taken over, so that an open stream costs one goroutine and no
// buffer of the HTTP server's.
package downstream
