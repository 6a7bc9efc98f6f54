package stream

// preset is a text that every encoder and decoder knows beforehand, for events
// that have little in common with the one before: the first of a stream, and
// the one that has its usage. HPACK's static table (RFC 7541, appendix A) and
// zlib's preset dictionary (RFC 1950, section 2.2) are the same idea.
//
// It is a chunk of OpenAI's chat completions, which most providers offer: an
// event without a name, with the members that the API's reference names, in
// the order in which they are sent, and as little in them as there may be.
// Those of tool calls and those that are deprecated are left out: each costs
// the browser's client some bytes. Events of any other form are encoded as if
// there were no preset.
//
// It is part of the protocol: another text here is another protocol.
// docs/protocol.md and web/client/src/records.ts have the same, and it is
// never written to.
const preset = "\x00" + `{"id":"chatcmpl-","object":"chat.completion.chunk","created":0,"model":"",` +
	`"service_tier":"default","system_fingerprint":"fp_",` +
	`"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},` +
	`"logprobs":null,"finish_reason":null}],` +
	`"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,` +
	`"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},` +
	`"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,` +
	`"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"obfuscation":""}`

// presetBytes is preset as what it is compared with and copied from.
var presetBytes = []byte(preset)
