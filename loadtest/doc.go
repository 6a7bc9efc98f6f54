// Package loadtest runs flaky clients against a gateway, or any other endpoint
// that speaks a provider's API, and says what it did to their streams.
//
// A scripted provider in this process answers the target's calls and notes
// what it sends ([tidegate/loadtest/provider]). Clients of all [Profiles] call
// the target over all [Transports]. A checker holds the two against each other
// ([tidegate/loadtest/check]), and a report shows what was found
// ([tidegate/loadtest/report]).
//
// The load is an open one: streams begin when they are due, whatever became of
// those before. Latencies count from the moment at which the provider meant to
// send, so that a target that holds a provider up does not thereby look fast.
package loadtest
