package config

import "time"

func (s Stream) check(k *checker) {
	between(k, "stream.buffer", s.Buffer, KiB, MiB)
	between(k, "stream.max_event", s.MaxEvent, max(s.Buffer, KiB), GiB)
	between(k, "stream.oversize_total", s.OversizeTotal, max(s.MaxEvent, KiB), TiB)
	between(k, "stream.max", s.Max, 1, 1_000_000)
}

func (l Limits) check(k *checker) {
	between(k, "limits.request_body", l.RequestBody, KiB, GiB)
	between(k, "limits.request_bodies_total", l.RequestBodiesTotal, max(l.RequestBody, KiB), TiB)
	between(k, "limits.request_header", l.RequestHeader, 4*KiB, MiB)
	between(k, "limits.header_timeout", l.HeaderTimeout, time.Millisecond, time.Hour)
	between(k, "limits.body_timeout", l.BodyTimeout, time.Millisecond, time.Hour)
	between(k, "limits.idle_timeout", l.IdleTimeout, time.Millisecond, time.Hour)
	between(k, "limits.response_body", l.ResponseBody, KiB, GiB)
	between(k, "limits.connections", l.Connections, 1, 1_000_000)
}
