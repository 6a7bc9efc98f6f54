package config

import "time"

// Provider is one model provider.
type Provider struct {
	// API is the API that it speaks. Default and, so far, only value: APIOpenAI.
	API string `yaml:"api"`
	// BaseURL is where the API's paths begin, the version included:
	// https://api.openai.com/v1. Required. http or https; no user, query or
	// fragment. A slash at its end is removed.
	BaseURL string `yaml:"base_url"`
	// APIKey is sent to the provider as its bearer token. Empty: none is sent.
	APIKey Secret `yaml:"api_key"`
	// Headers are added to each request, 64 at most. Not Authorization, nor what
	// belongs to the connection or the body. They may hold credentials, so they
	// are secrets too.
	Headers map[string]Secret `yaml:"headers"`
	// HTTP is the protocol: HTTPAuto (the default), HTTP1 or HTTP2.
	HTTP string `yaml:"http"`
	// End is what proves that a streamed answer is whole: EndDone (the default)
	// or EndFinishReason. With the wrong one, whole answers are reported as cut
	// off, or cut answers as whole.
	End string `yaml:"end"`
	// Timeouts say how long to wait for the provider.
	Timeouts Timeouts `yaml:"timeouts"`
	// Connections is how many idle connections are kept for the next call, 1 to
	// 100,000, default 1024. Fewer mean more TLS handshakes under load.
	Connections int `yaml:"connections"`
}

// Values of Provider.API.
const APIOpenAI = "openai" // OpenAI and whatever is compatible with it

// Values of Provider.HTTP.
const (
	HTTPAuto = "auto" // https: HTTP/2 if the provider offers it (ALPN); http: HTTP/1.1
	HTTP1    = "1"    // HTTP/1.1
	HTTP2    = "2"    // HTTP/2; on http:// without an upgrade (RFC 9113, section 3.3)
)

// Values of Provider.End.
const (
	EndDone         = "done"          // the line "data: [DONE]"
	EndFinishReason = "finish_reason" // a choice's finish_reason, for providers that never send [DONE]
)

// Timeouts say how long to wait for a provider, 1 ms to 24 h each: there is no
// way to wait for ever, since a call that never ends holds its place for ever.
// While the gateway itself is not reading, none of them but Total runs.
type Timeouts struct {
	// Connect bounds dialling, the TLS handshake included. Default 10 s.
	Connect time.Duration `yaml:"connect"`
	// FirstEvent bounds the time from the request's end to a stream's first
	// event. Default 5 m: reasoning models think before they speak.
	FirstEvent time.Duration `yaml:"first_event"`
	// Silence bounds the time between two events. Default 2 m.
	Silence time.Duration `yaml:"silence"`
	// Total bounds a whole call that is not streamed. Default 10 m.
	Total time.Duration `yaml:"total"`
}
