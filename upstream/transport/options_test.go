package transport

import (
	"crypto/tls"
	"testing"
	"time"
)

func TestOptionsDefaults(t *testing.T) {
	for name, o := range map[string]Options{
		"zero":     {},
		"negative": {ConnectTimeout: -1, ReceiveWindow: -1, ReadBuffer: -1, StreamWindow: -1, MaxHeader: -1, MaxIdle: -1, MaxIdlePerHost: -1, IdleTimeout: -1, PingTimeout: -1},
	} {
		got := o.withDefaults()
		if got.ConnectTimeout != 10*time.Second || got.ReceiveWindow != 6144 || got.ReadBuffer != 512 ||
			got.StreamWindow != 16384 || got.MaxHeader != 65536 || got.MaxIdle != 256 ||
			got.MaxIdlePerHost != 64 || got.IdleTimeout != 30*time.Second || got.PingTimeout != 15*time.Second {
			t.Errorf("%s: %+v", name, got)
		}
		if got.Proxy == nil || got.TLS == nil {
			t.Errorf("%s: no proxy function or TLS configuration", name)
		}
	}
}

func TestOptionsLeaveTheirTLSAlone(t *testing.T) {
	mine := &tls.Config{NextProtos: []string{"mine"}}
	newTransport(t, Options{TLS: mine})
	if len(mine.NextProtos) != 1 || mine.NextProtos[0] != "mine" || mine.ClientSessionCache != nil {
		t.Error("the caller's configuration was changed")
	}
}
