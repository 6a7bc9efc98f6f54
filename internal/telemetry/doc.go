// Package telemetry is what an operator sees of the gateway: its metrics, one
// log line per call, and the handler of the admin listener. docs/metrics.md
// lists the metrics.
//
// A label's value is a configured provider or model, or one of the gateway's
// own words, never anything that a client sent. The number of series is
// therefore bounded by the configuration.
package telemetry
