package client

import (
	"testing"
	"time"
)

func TestOptions(t *testing.T) {
	for _, bad := range []Options{{}, {URL: "gateway"}, {URL: "ftp://gateway"}, {URL: "http://"}, {URL: "http://x", Window: -1}} {
		if c, err := New(bad); err == nil {
			c.Close()
			t.Errorf("%+v is accepted", bad)
		}
	}
	o := Options{URL: "https://gateway:8443/under/"}
	if err := o.complete(); err != nil || o.URL != "https://gateway:8443/under" || o.Origin != "https://gateway:8443" || o.Window != 64 {
		t.Errorf("%+v %v", o, err)
	}
	o = Options{URL: "https://gateway", Key: "k"}
	if err := o.complete(); err != nil || o.Origin != "" {
		t.Errorf("%+v %v", o, err)
	}
	for attempt := range 100 {
		if d := backoff(attempt); d < 0 || d > 5*time.Second || attempt == 0 && d > 100*time.Millisecond {
			t.Errorf("attempt %d: %v", attempt, d)
		}
	}
}
