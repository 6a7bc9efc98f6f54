package config

import (
	"fmt"
	"net/url"
	"time"
)

func (s Stream) check(k *checker) {
	between(k, "stream.buffer", s.Buffer, KiB, MiB)
	between(k, "stream.max_event", s.MaxEvent, max(s.Buffer, KiB), GiB)
	between(k, "stream.oversize_total", s.OversizeTotal, max(s.MaxEvent, KiB), TiB)
	between(k, "stream.max", s.Max, 1, 1_000_000)
	between(k, "stream.retain", s.Retain, time.Second, time.Hour)
	between(k, "stream.retained", s.Retained, 1, 1_000_000)
}

func (l Limits) check(k *checker) {
	between(k, "limits.request_body", l.RequestBody, KiB, GiB)
	between(k, "limits.request_bodies_total", l.RequestBodiesTotal, max(l.RequestBody, KiB), TiB)
	between(k, "limits.request_header", l.RequestHeader, 4*KiB, MiB)
	between(k, "limits.header_timeout", l.HeaderTimeout, time.Millisecond, time.Hour)
	between(k, "limits.body_timeout", l.BodyTimeout, time.Millisecond, time.Hour)
	between(k, "limits.idle_timeout", l.IdleTimeout, time.Millisecond, time.Hour)
	between(k, "limits.connections", l.Connections, 1, 1_000_000)
	between(k, "limits.streams_per_connection", l.StreamsPerConnection, 1, 10_000)
	between(k, "limits.stored_responses", l.StoredResponses, 1, 1_000_000)
}

// maxOrigins bounds what every request without a key is compared with.
const maxOrigins = 1000

func (c *Config) checkOrigins(k *checker) {
	if len(c.Origins) > maxOrigins {
		k.add("origins", "must be %d at most", maxOrigins)
	}
	for i, origin := range c.Origins {
		u, err := url.Parse(origin)
		if origin != "*" && (err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != origin) {
			k.add(fmt.Sprintf("origins[%d]", i), "must be scheme://host[:port] as browsers send it, such as https://app.example.com, or *")
		}
	}
}
