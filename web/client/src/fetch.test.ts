import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { DirectChatTransport, readUIMessageStream, streamText, ToolLoopAgent } from 'ai'
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import OpenAI from 'openai'
import { WebSocket } from 'ws'
import { chat, text } from '../test/chunks.js'
import { Gateway } from '../test/gateway.js'
import type { Client } from './api.js'
import { createClient } from './client.js'
import { TidegateError } from './error.js'

let gateway: Gateway
let client: Client
let baseURL: string

beforeEach(async () => {
  gateway = await Gateway.start()
  baseURL = `${gateway.url}/v1`
  client = createClient({ url: gateway.url, WebSocket, window: 4, backoff: { first: 1, max: 5, tries: 3 } })
})
afterEach(async () => {
  client.close()
  await gateway.stop()
  assert.deepEqual(gateway.violations, [])
})

const messages = [{ role: 'user' as const, content: 'hi' }]
const init = (body: object, more: RequestInit = {}): RequestInit => ({ method: 'POST', body: JSON.stringify(body), ...more })

test('a streaming call becomes an event stream, as the provider wrote it', async () => {
  gateway.answer = () => ({ events: [{ event: 'x', data: '{"a":1}' }, { data: 'two\nlines' }] })
  const response = await client.fetch(`${baseURL}/chat/completions`, init({ model: 'm', stream: true }))
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  assert.equal(response.headers.get('x-tidegate-stream'), gateway.newest.id)
  assert.equal(response.headers.get('x-request-id'), gateway.newest.id)
  assert.equal(await response.text(), 'event: x\ndata: {"a":1}\n\ndata: two\ndata: lines\n\ndata: [DONE]\n\n')
  assert.deepEqual(gateway.calls[0]!.body, { model: 'm', stream: true })
})

test('every API that streams, with the end that it has', async () => {
  gateway.answer = () => ({ events: [{ event: 'e', data: '1' }] })
  const body = { a: 1, stream: true }
  const calls: [path: string, body: object, api: string, model: string | undefined, end: string][] = [
    ['v1/completions', body, 'completions', undefined, 'data: [DONE]\n\n'],
    ['v1/responses', body, 'responses', undefined, ''],
    ['v1/messages', body, 'messages', undefined, ''],
    ['v1/messages?beta=true', body, 'messages', undefined, ''],
    ['v1beta/models/g-1:streamGenerateContent?alt=sse', { a: 1 }, 'generateContent', 'g-1', ''],
    ['v1/models/tuned%2Fg-1:streamGenerateContent?alt=sse', { a: 1 }, 'generateContent', 'tuned/g-1', ''],
  ]
  for (const [path, body, api, model, end] of calls) {
    const response = await client.fetch(`${gateway.url}/${path}`, init(body))
    assert.equal(await response.text(), 'event: e\ndata: 1\n\n' + end, path)
    const call = gateway.calls.pop()!
    assert.deepEqual([call.api, call.model, call.body], [api, model, body])
  }
})

test("Anthropic's beta features are asked for, and none of the SDK's other headers", async () => {
  gateway.answer = () => ({ events: [{ event: 'e', data: '1' }] })
  const headers = { 'anthropic-beta': 'a-1,b-2', 'x-api-key': 'secret', 'anthropic-version': '2023-06-01' }
  const url = `${gateway.url}/v1/messages`
  for (const made of [() => client.fetch(url, init({ stream: true }, { headers })), () => client.fetch(new Request(url, init({ stream: true }, { headers })))]) {
    await (await made()).text()
    assert.deepEqual(gateway.calls.pop()!.headers, { 'anthropic-beta': 'a-1,b-2' })
  }
  for (const [path, asked] of [['messages', {}], ['chat/completions', { headers }]] as const) {
    await (await client.fetch(`${gateway.url}/v1/${path}`, init({ stream: true }, asked))).text()
    assert.equal(gateway.calls.pop()!.headers, undefined, path)
  }
})

test('the body is read from the gateway as fast as the SDK reads it', async () => {
  gateway.answer = () => chat(50)
  const response = await client.fetch(`${baseURL}/chat/completions`, init({ stream: true }))
  const reader = response.body!.getReader()
  for (let n = 0; n < 52; n++) {
    assert.ok(gateway.newest.sent <= n + 4, `${gateway.newest.sent} were sent when ${n} were read`)
    const { value } = await reader.read()
    assert.match(Buffer.from(value!).toString(), /^data: .*\n\n$/)
  }
  assert.match(Buffer.from((await reader.read()).value!).toString(), /\[DONE\]/)
  assert.equal((await reader.read()).done, true)
})

test('a Request object, and its signal', async () => {
  gateway.answer = () => chat(50)
  const abort = new AbortController()
  const request = new Request(`${baseURL}/completions`, init({ stream: true }, { signal: abort.signal }))
  const response = await client.fetch(request)
  assert.equal(gateway.calls[0]!.api, 'completions')
  abort.abort()
  await assert.rejects(response.text(), { name: 'AbortError' })
  await gateway.until(() => gateway.newest.cancelled)
})

test('everything else goes to the real fetch', async () => {
  const calls: [string, RequestInit | undefined][] = [
    [`${baseURL}/models`, undefined],
    [`${baseURL}/chat/completions`, init({ model: 'm' })],
    [`${baseURL}/chat/completions`, init({ stream: false })],
    [`${baseURL}/chat/completions`, { method: 'POST', body: 'no JSON' }],
    [`${baseURL}/chat/completions`, { method: 'POST', body: new Uint8Array([1]) }],
    [`${baseURL}/embeddings`, init({ stream: true })],
    [`${baseURL}/messages`, init({})],
    [`${baseURL}/messages/count_tokens`, init({ stream: true })],
    [`${baseURL}beta/models/g:generateContent`, init({})],
    [`${baseURL}beta/models/g:streamGenerateContent`, init({})],
    [`${baseURL}/chat/completions`, undefined],
  ]
  for (const [url, more] of calls) {
    const response = await client.fetch(url, more)
    const { path, method } = (await response.json()) as { path: string; method: string }
    assert.equal(path, new URL(url).pathname)
    assert.equal(method, more?.method ?? 'GET')
  }
  const other = await Gateway.start()
  const response = await client.fetch(`${other.url}/v1/chat/completions`, init({ stream: true }))
  assert.equal(response.status, 200)
  assert.equal(other.requests.length, 1, "another server's path of the same name")
  await other.stop()
  assert.equal(gateway.calls.length, 0)
})

test('OpenAI SDK: a whole answer, over a connection that breaks', async () => {
  gateway.answer = () => chat(30, { ready: 10 })
  const openai = new OpenAI({ apiKey: 'none', baseURL, fetch: client.fetch, dangerouslyAllowBrowser: true })
  const stream = await openai.chat.completions.create({ model: 'm', messages, stream: true })
  let got = ''
  for await (const chunk of stream) {
    got += chunk.choices[0]!.delta.content ?? ''
    if (got === text(9)) {
      gateway.cut()
      gateway.newest.produce(30)
    }
  }
  assert.equal(got, text(30))
})

test('OpenAI SDK: a stream that did not end well throws, in every way of reading it', async () => {
  const error = { message: 'The provider hung up.', type: 'upstream_error', code: 'upstream_truncated' }
  gateway.answer = () => chat(3, { end: { reason: 'upstream_truncated', error } })
  const openai = new OpenAI({ apiKey: 'none', baseURL, fetch: client.fetch, maxRetries: 0 })
  const ways = [
    async () => {
      for await (const _ of await openai.chat.completions.create({ model: 'm', messages, stream: true }));
    },
    () => openai.chat.completions.stream({ model: 'm', messages }).finalChatCompletion(),
  ]
  for (const way of ways) {
    await assert.rejects(way, (thrown: Error) => /The provider hung up/.test(String((thrown.cause as Error)?.message ?? thrown.message)))
  }
})

test("OpenAI SDK: a refusal is the SDK's own error, and is tried again", async () => {
  let calls = 0
  const error = { message: 'Slow down.', type: 'requests', code: 'rate_limit_exceeded' }
  gateway.answer = () => (calls++ ? chat(3) : { status: 429, error, retry_after_ms: 1 })
  const openai = new OpenAI({ apiKey: 'none', baseURL, fetch: client.fetch, maxRetries: 0 })
  const create = (options = {}) => openai.chat.completions.create({ model: 'm', messages, stream: true }, options)
  await assert.rejects(create(), (thrown) => thrown instanceof OpenAI.RateLimitError && thrown.code === 'rate_limit_exceeded')
  calls = 0
  let got = ''
  for await (const chunk of await create({ maxRetries: 1 })) got += chunk.choices[0]!.delta.content ?? ''
  assert.equal(got, text(3))
})

test('OpenAI SDK: abort cancels the call', async () => {
  gateway.answer = () => chat(100)
  const openai = new OpenAI({ apiKey: 'none', baseURL, fetch: client.fetch })
  const stream = await openai.chat.completions.create({ model: 'm', messages, stream: true })
  for await (const _ of stream) stream.controller.abort()
  await gateway.until(() => gateway.newest.cancelled)
})

test('OpenAI SDK: leaving the loop cancels the call', async () => {
  gateway.answer = () => chat(100)
  const openai = new OpenAI({ apiKey: 'none', baseURL, fetch: client.fetch })
  for await (const _ of await openai.chat.completions.create({ model: 'm', messages, stream: true })) break
  await gateway.until(() => gateway.newest.cancelled)
})

test('AI SDK: a whole answer, and one that did not end well', async () => {
  const provider = createOpenAICompatible({ name: 'tidegate', baseURL, fetch: client.fetch })
  gateway.answer = () => chat(30)
  const whole = streamText({ model: provider('m'), messages })
  assert.equal(await whole.text, text(30))
  assert.equal(gateway.calls.length, 1)

  gateway.answer = () => chat(3, { end: { reason: 'upstream_stalled' } })
  const errors: unknown[] = []
  const broken = streamText({ model: provider('m'), messages, maxRetries: 0, onError: ({ error }) => void errors.push(error) })
  const parts: string[] = []
  const read = async () => {
    for await (const part of broken.stream) parts.push(part.type)
  }
  await read().catch((error) => errors.push(error))
  const causes = errors.map((error) => (error as Error).cause ?? error)
  assert.ok(causes.some((cause) => cause instanceof TidegateError && cause.reason === 'upstream_stalled'), String(errors))
  assert.ok(!parts.includes('finish'))
})

test("AI SDK: useChat's transport for an agent in the page, over a connection that breaks", async () => {
  gateway.answer = () => chat(30, { ready: 10 })
  const provider = createOpenAICompatible({ name: 'tidegate', baseURL, fetch: client.fetch })
  const transport = new DirectChatTransport({ agent: new ToolLoopAgent({ model: provider('m') }) })
  const stream = await transport.sendMessages({
    trigger: 'submit-message',
    chatId: 'c',
    messageId: undefined,
    messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
    abortSignal: undefined,
  })
  let got = ''
  let cut = false
  for await (const message of readUIMessageStream({ stream })) {
    got = message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
    if (!cut && got.includes('w5 ')) {
      cut = true
      gateway.cut()
      gateway.newest.produce(30)
    }
  }
  assert.equal(got, text(30))
  assert.equal(gateway.handshakes.length, 2)
})
