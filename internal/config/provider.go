package config

import "time"

// Provider is one model provider.
type Provider struct {
	// API is the API that it speaks: APIOpenAI (the default), APIAnthropic or
	// APIGemini.
	API string `yaml:"api"`
	// BaseURL is where the API's paths begin, the version included:
	// https://api.openai.com/v1. Required. http or https; no user, query or
	// fragment. A slash at its end is removed.
	BaseURL string `yaml:"base_url"`
	// APIKey is sent to the provider as its API wants it. Empty: none is sent.
	// Of APIKey, APIKeys and APIKeyFile one may be given; see Keys.
	APIKey Secret `yaml:"api_key"`
	// APIKeys are several keys, MaxProviderKeys at most. When the provider refuses
	// one (401, 403, 429) the next is used.
	APIKeys []Secret `yaml:"api_keys"`
	// APIKeyFile is a file with one key a line, read at start.
	APIKeyFile string `yaml:"api_key_file"`
	// PassThrough forwards the client's own key to the provider, which then has
	// none of the gateway's. Only where clients need no key of the gateway.
	PassThrough bool `yaml:"pass_through"`
	// Streams is how many calls run at the provider at once, streamed or not, 0
	// to 1,000,000. 0, the default: as many as Stream.Max.
	Streams int `yaml:"streams"`
	// Wait is how long a call may wait for one of Streams to end, 0 to 1 h,
	// default 10 s. Calls get their turn in the order in which they came.
	Wait time.Duration `yaml:"wait"`
	// Queue is how many calls may wait at once, 0 to 100,000, default 100. Further
	// ones are refused with 429, or go to the route's next provider.
	Queue int `yaml:"queue"`
	// IncludeUsage asks for the usage of streams where a client has not asked
	// (stream_options.include_usage), and does not show what then comes. Default
	// true. For providers that refuse the field.
	IncludeUsage bool `yaml:"include_usage"`
	// Breaker says when to stop asking the provider.
	Breaker Breaker `yaml:"breaker"`
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
const (
	APIOpenAI    = "openai"    // OpenAI and whatever is compatible with it
	APIAnthropic = "anthropic" // Anthropic's Messages
	APIGemini    = "gemini"    // Google's generateContent
)

// MaxProviderKeys is how many keys a provider may have.
const MaxProviderKeys = 64

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
// While the gateway itself is not reading, only Total and Stream run.
type Timeouts struct {
	// Connect bounds dialling, the TLS handshake included. Default 10 s.
	Connect time.Duration `yaml:"connect"`
	// FirstEvent bounds the time from the request's end to a stream's first
	// event. Default 5 m: reasoning models think before they speak.
	FirstEvent time.Duration `yaml:"first_event"`
	// Silence bounds the time in which nothing at all comes, while a model
	// speaks. Default 2 m.
	Silence time.Duration `yaml:"silence"`
	// Progress bounds the time in which an answer does not go on: its model
	// thinks, or only heartbeats come. Default 15 m. Where Silence is longer
	// that counts, and before a model has said anything FirstEvent.
	Progress time.Duration `yaml:"progress"`
	// Total bounds a whole call that is not streamed. Default 10 m.
	Total time.Duration `yaml:"total"`
	// Stream bounds a whole streamed call, pauses included. Default 1 h.
	Stream time.Duration `yaml:"stream"`
}

// Breaker says when calls for a model at a provider are refused without asking
// it: once Failures calls have failed within Window, and no fewer than have
// succeeded. After OpenFor one call is let through; if that succeeds, all are.
type Breaker struct {
	// Failures is 0 to 1,000,000, default 10. 0: the breaker never opens.
	Failures int `yaml:"failures"`
	// Window is 1 s to 1 h, default 30 s.
	Window time.Duration `yaml:"window"`
	// OpenFor is 100 ms to 1 h, default 15 s.
	OpenFor time.Duration `yaml:"open_for"`
}
