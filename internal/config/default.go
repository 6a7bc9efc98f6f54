package config

import "time"

// Default returns a configuration with every default and no provider, model or
// key. It is not valid until it has a provider and a model.
func Default() *Config {
	return &Config{
		Listen:    "127.0.0.1:8080",
		Admin:     "127.0.0.1:9090",
		KeepAlive: 15 * time.Second,
		Drain:     30 * time.Second,
		Stream: Stream{
			Buffer:        4 * KiB,
			MaxEvent:      8 * MiB,
			OversizeTotal: 256 * MiB,
			Max:           10_000,
			Retain:        time.Minute,
			Retained:      10_000,
		},
		Limits: Limits{
			RequestBody:        32 * MiB,
			RequestBodiesTotal: 512 * MiB,
			RequestHeader:      32 * KiB,
			HeaderTimeout:      10 * time.Second,
			BodyTimeout:        time.Minute,
			IdleTimeout:        2 * time.Minute,
			Connections:        20_000,

			StreamsPerConnection: 100,
			StoredResponses:      10_000,
		},
		Failover: Failover{Tries: 3, Time: 10 * time.Minute},
		Log:      Log{Level: "info", Format: "text"},
	}
}

// DefaultProvider returns a provider with every default and no BaseURL, which
// it needs.
func DefaultProvider() Provider {
	return Provider{
		API:  APIOpenAI,
		HTTP: HTTPAuto,
		End:  EndDone,
		Timeouts: Timeouts{
			Connect:    10 * time.Second,
			FirstEvent: 5 * time.Minute,
			Silence:    2 * time.Minute,
			Progress:   15 * time.Minute,
			Total:      10 * time.Minute,
			Stream:     time.Hour,
		},
		Connections:  1024,
		Wait:         10 * time.Second,
		Queue:        100,
		IncludeUsage: true,
		Breaker:      Breaker{Failures: 10, Window: 30 * time.Second, OpenFor: 15 * time.Second},
	}
}
