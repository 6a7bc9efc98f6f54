package upstream

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// Of a provider's header only this goes to the client: above all no cookie, and
// nothing about the connection.
func TestHeadersForTheClient(t *testing.T) {
	passed := map[string][]string{
		"Content-Type": {"application/json"}, "Retry-After": {"3"}, "Retry-After-Ms": {"2500"},
		"X-Request-Id": {"r"}, "Request-Id": {"s"}, "X-Should-Retry": {"true"},
		"X-Ratelimit-Limit-Requests": {"10"}, "X-RateLimit-Reset": {"1s", "2s"},
		"Openai-Processing-Ms": {"12"}, "openai-version": {"2020-10-01"},
	}
	from := http.Header{
		"Set-Cookie": {"secret"}, "Connection": {"close"}, "Transfer-Encoding": {"chunked"}, "Content-Length": {"2"},
		"Content-Encoding": {"identity"}, "Server": {"nginx"}, "Alt-Svc": {"h3"}, "Date": {"today"},
		"Www-Authenticate": {"Bearer"}, "Access-Control-Allow-Origin": {"*"}, "Location": {"/"},
		"X-Ratelimits": {"no"}, "Xopenai-X": {"no"}, "X-Request-Id-2": {"no"}, "Openai": {"no"},
	}
	for name, values := range passed {
		from[name] = values
	}
	if got := forClient(from); !reflect.DeepEqual(got, passed) {
		t.Errorf("got %v, want %v", got, passed)
	}
}

func TestUnknownModelIsClipped(t *testing.T) {
	r := refusal(t, unknownModel(strings.Repeat("m", 5000)))
	if r.Status != 404 || r.Param != "model" || len(r.Message) > 300 || r.Provider != "" {
		t.Errorf("%d, %d bytes of message", r.Status, len(r.Message))
	}
}
