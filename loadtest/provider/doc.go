// Package provider is a scripted model provider: an OpenAI-compatible HTTP
// server that needs no key and no network, answers at a given pace, and
// misbehaves on demand. The demo, the tests, the benchmarks and the load test
// all measure a gateway against it, so it shares their processors: a paced
// token costs it one write and little else.
//
// It serves, streaming and not:
//
//	POST /v1/chat/completions
//	POST /v1/completions
//	POST /v1/embeddings
//	GET  /v1/models
//	GET  /script/stats
//
// What a call does is its [Script]. There are three places to say it, the
// later ones overriding single fields of the earlier: [Options].Script, the
// model name, and the request header X-Script.
//
//	{"model": "script:tokens=40,pace=80,fault=fin,at=10", ...}
//	{"model": "my-model?tokens=40&pace=80", ...}
//	X-Script: tokens=400&pace=80&fault=rst&at=100
//
// The model name works through a gateway, which forwards no unknown header.
// [ParseScript] lists the keys.
//
// # Counting events
//
// Positions in a script (At, StallAt, HugeAt) are numbers of events that went
// before: at=0 is right after the response headers, at=1 after the role chunk.
// The [DONE] marker is an event of its own; comments are not events. A stream
// of n tokens has the role chunk (chat only), n content chunks, the chunk with
// finish_reason, the usage chunk where it was asked for, and [DONE].
//
// # Reading the counters
//
// [Provider.Calls] tells what was sent, how each call ended, and when the
// caller's leaving was noticed. [Provider.Wait] blocks until the counters say
// what a test waits for, without sleeping.
package provider
