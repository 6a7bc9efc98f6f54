package telemetry

import (
	"testing"

	"tidegate/stream"
)

func TestLimits(t *testing.T) {
	wants(t, New(options()), []wanted{
		{"tidegate_request_body_bytes", "", 7},
		{"tidegate_request_body_limit_bytes", "", 70},
		{"tidegate_oversize_event_bytes", "", 8},
		{"tidegate_oversize_event_limit_bytes", "", 80},
		{"tidegate_client_connections", "", 9},
		{"tidegate_client_connections_limit", "", 90},
		{"tidegate_provider_connections", "", 5},
		{"tidegate_provider_connections_idle", "", 2},
		{"tidegate_provider_dials_total", "", 11},
		{"tidegate_provider_connection_reuses_total", "", 4},
		{"tidegate_log_lines_lost_total", "", 6},
		{"tidegate_accept_errors_total", "admin", 3},
		{"tidegate_accept_errors_total", "clients", 2},
	})
}

// A limit that nobody can tell is not shown as 0.
func TestLimitsUnknown(t *testing.T) {
	tel := New(Options{Registry: stream.NewRegistry(1)})
	families, err := tel.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		switch family.GetName() {
		case "tidegate_request_body_bytes", "tidegate_client_connections_limit", "tidegate_provider_connections":
			t.Errorf("%s is shown", family.GetName())
		}
	}
}
