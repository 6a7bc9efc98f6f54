// Package provider is a scripted model provider: an HTTP server that speaks
// the providers' APIs, needs no key and no network, answers at a given pace, and
// misbehaves on demand. The demo, the tests, the benchmarks and the load test
// all measure a gateway against it, so it shares their processors: a paced
// token costs it one write and little else.
//
// It speaks four APIs, streaming and not, so that the providers' own SDKs are
// content with it:
//
//	POST   /v1/chat/completions, /v1/completions, /v1/embeddings    OpenAI
//	GET    /v1/models
//	POST   /v1/responses                                            OpenAI Responses
//	GET    /v1/responses/{id}, /v1/responses/{id}/input_items
//	POST   /v1/responses/{id}/cancel
//	DELETE /v1/responses/{id}
//	POST   /v1/messages, /v1/messages/count_tokens                  Anthropic
//	POST   /v1beta/models/{model}:generateContent, :countTokens     Gemini
//	POST   /v1beta/models/{model}:streamGenerateContent?alt=sse
//	POST   the same under /v1/models/, where Gemini's Node SDK asks
//	GET    /script/stats
//
// What a call does is its [Script]. There are three places to say it, the
// later ones overriding single fields of the earlier: [Options].Script, the
// model name (in Gemini's API the path has it), and the request header
// X-Script.
//
//	{"model": "script:tokens=40,pace=80,fault=fin,at=10", ...}
//	{"model": "my-model?tokens=40&pace=80", ...}
//	POST /v1beta/models/script:tokens=40,pace=80:streamGenerateContent?alt=sse
//	X-Script: tokens=400&pace=80&fault=rst&at=100
//
// The model name works through a gateway, which forwards no unknown header.
// [ParseScript] lists the keys.
//
// A request with tools is answered by a call of the first, with the text for
// its argument "input", unless the last message is a tool's result.
//
// # Counting events
//
// Positions in a script (At, StallAt, HugeAt) are numbers of events that went
// before: at=0 is right after the response headers, at=1 after the first event.
// At and StallAt may be negative: -1 is before the last event. The [DONE]
// marker is an event of its own; comments and heartbeats are not events. Each
// of n tokens is one event, and around them are, of a text:
//
//	API          before                                     after
//	Chat         the role                                   finish_reason, usage if asked for, [DONE]
//	Completions                                             finish_reason, usage if asked for, [DONE]
//	Responses    created, in_progress, output_item.added,   output_text.done, content_part.done,
//	             content_part.added                         output_item.done, completed
//	Messages     message_start, content_block_start, ping   content_block_stop, message_delta, message_stop
//	Gemini                                                  finishReason
//
// Reasoning comes before the text, with an event for each of its tokens; in
// Responses and Messages more of them begin and end it. A tool's arguments are tokens too, with an event for the brackets before and
// after; Gemini's function call is one event.
//
// # Reading the counters
//
// [Provider.Calls] tells what was sent, how each call ended, and when the
// caller's leaving was noticed, [Provider.Keys] who called. [Provider.Wait]
// blocks until the counters say what a test waits for, without sleeping.
package provider
