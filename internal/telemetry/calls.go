package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	"tidegate/stream"
)

// answer is what a client got: an HTTP status, and the gateway's code.
type answer struct {
	status int
	code   string
}

// What a provider's metrics, and those of calls that have none yet, show from
// the start: what the gateway alone decides, each with the one status that it
// has (docs/errors.md). The client's own mistakes are of too many kinds, but
// for the two that are the operator's as often.
var (
	byProvider = []answer{
		{200, ""}, {429, "provider_full"}, {503, "breaker_open"},
		{502, "upstream_unreachable"}, {502, "upstream_failed"}, {502, "upstream_not_an_api"}, {504, "upstream_stalled"},
	}
	byGateway = []answer{
		{401, "invalid_api_key"}, {404, "model_not_found"},
		{500, "internal_error"}, {503, "overloaded"}, {503, "shutdown"},
	}
)

// addCalls has calls shown of which there were none yet, as addRoute says why.
func (t *Telemetry) addCalls(provider string, apis []stream.API, answers []answer) {
	for _, api := range apis {
		for _, a := range answers {
			t.ended(api, provider, a)
		}
	}
}

// ended counts the calls that were answered so.
func (t *Telemetry) ended(api stream.API, provider string, a answer) prometheus.Counter {
	return t.vecs.calls.WithLabelValues(t.apis.admit(string(api)), provider, status(a.status), t.codes.admit(a.code))
}
