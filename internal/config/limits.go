package config

import "time"

// Stream bounds what the streams hold.
type Stream struct {
	// Buffer is how many bytes of encoded events one stream holds that its
	// consumer has not acknowledged. 1 KiB to 1 MiB, default 4096. Larger ones
	// buy longer pauses with memory and with tokens that are paid but not read.
	Buffer Size `yaml:"buffer"`
	// MaxEvent is the largest single event. Buffer to 1 GiB, default 8 MiB. A
	// larger one ends its stream with an error.
	MaxEvent Size `yaml:"max_event"`
	// OversizeTotal is the sum of all events larger than Buffer held at once in
	// the process. MaxEvent to 1 TiB, default 256 MiB. At the limit, providers
	// are paused.
	OversizeTotal Size `yaml:"oversize_total"`
	// Max is how many calls run at once. 1 to 1,000,000, default 10,000. Further
	// ones are refused.
	Max int `yaml:"max"`
	// Retain is how long a stream that can be resumed is kept after its end, for
	// clients that have not heard it. 1 s to 1 h, default 1 m.
	Retain time.Duration `yaml:"retain"`
	// Retained is how many of those are kept at once, 1 to 1,000,000, default
	// 10,000. Beyond it the oldest are forgotten.
	Retained int `yaml:"retained"`
}

// Limits bound what clients may send and hold. Without any one of them, a
// single client can take the gateway's memory or its connections.
type Limits struct {
	// RequestBody is the largest request body, 1 KiB to 1 GiB, default 32 MiB.
	RequestBody Size `yaml:"request_body"`
	// RequestBodiesTotal is the sum of all request bodies held at once,
	// RequestBody to 1 TiB, default 512 MiB. Further calls are refused.
	RequestBodiesTotal Size `yaml:"request_bodies_total"`
	// RequestHeader is the largest request line and headers together, 4 KiB to
	// 1 MiB, default 32 KiB.
	RequestHeader Size `yaml:"request_header"`
	// HeaderTimeout is how long a client may take to send its headers, 1 ms to
	// 1 h, default 10 s.
	HeaderTimeout time.Duration `yaml:"header_timeout"`
	// BodyTimeout is how long a client may take to send a body, 1 ms to 1 h,
	// default 60 s. Large images on slow lines need their time.
	BodyTimeout time.Duration `yaml:"body_timeout"`
	// IdleTimeout is how long a connection between two requests is kept, 1 ms to
	// 1 h, default 2 m. A load balancer in front must give up earlier, else it
	// sends requests into connections that are just being closed.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// Connections is how many client connections are open at once, 1 to
	// 1,000,000, default 20,000. Each takes a file descriptor.
	Connections int `yaml:"connections"`
	// StreamsPerConnection is how many streams one WebSocket connection carries
	// at once, 1 to 10,000, default 100. Further ones are refused.
	StreamsPerConnection int `yaml:"streams_per_connection"`
	// StoredResponses is how many of OpenAI's stored responses the gateway knows
	// the provider and the owner of, 1 to 1,000,000, default 10,000. Beyond it
	// those asked for least recently are forgotten.
	StoredResponses int `yaml:"stored_responses"`
}
