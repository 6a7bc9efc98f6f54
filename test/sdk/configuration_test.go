package sdk

import "fmt"

// providerKey is what the gateway calls the provider with.
const providerKey = "sk-of-the-provider"

// template has the same provider under names that differ in the API that
// it speaks and in the gateway's patience with it. The times that are long are
// longer than any test may take: where a test sees an end, it was not one of
// these that brought it. No breaker opens: that is for other tests.
const template = `
listen: 127.0.0.1:0
admin: 127.0.0.1:0
keep_alive: %[1]s
providers:
  openai: {api: openai, base_url: "%[2]s/v1", %[3]s}
  anthropic: {api: anthropic, base_url: "%[2]s/v1", %[3]s}
  gemini: {api: gemini, base_url: "%[2]s/v1beta", %[3]s}
  openai-silence: {api: openai, base_url: "%[2]s/v1", %[4]s}
  anthropic-silence: {api: anthropic, base_url: "%[2]s/v1", %[4]s}
  gemini-silence: {api: gemini, base_url: "%[2]s/v1beta", %[4]s}
  beginning: {api: openai, base_url: "%[2]s/v1", %[5]s}
  nobody-openai: {api: openai, base_url: "http://127.0.0.1:1/v1", breaker: {failures: 0}}
  nobody-anthropic: {api: anthropic, base_url: "http://127.0.0.1:1/v1", breaker: {failures: 0}}
  nobody-gemini: {api: gemini, base_url: "http://127.0.0.1:1/v1beta", breaker: {failures: 0}}
models:
  "*": [openai, anthropic, gemini]
  falls-silent:
    - "openai-silence/script:tokens=8,stall=forever,stall_at=6,ping=20ms"
    - "anthropic-silence/script:tokens=8,stall=forever,stall_at=7,ping=20ms"
    - "gemini-silence/script:tokens=8,stall=forever,stall_at=4,ping=20ms"
  never-begins: "beginning/script:header_delay=forever"
  unreachable: [nobody-openai, nobody-anthropic, nobody-gemini]
log: {format: json}
`

// settings are a provider's, but for its URL.
const settings = `api_key: "%[1]s", breaker: {failures: 0}, timeouts: {first_event: %[2]s, silence: %[3]s, progress: %[3]s, total: %[4]s}`

// configuration is the gateway's, for a provider at a URL.
func configuration(provider, keepAlive string) string {
	with := func(first, silence, total string) string {
		return fmt.Sprintf(settings, providerKey, first, silence, total)
	}
	return fmt.Sprintf(template, keepAlive, provider,
		with("1h", "1h", "1h"), with("1h", "300ms", "1h"), with("300ms", "1h", "300ms"))
}
