import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import OpenAI from 'openai'
import { WebSocket } from 'ws'
import { Gateway, type Answer, type Event } from '../test/gateway.js'
import type { Client } from './api.js'
import { createClient } from './client.js'
import { TidegateError } from './error.js'

// The SDKs of the other APIs, unmodified. Those of the chat API are in fetch.test.ts.

let gateway: Gateway
let client: Client

beforeEach(async () => {
  gateway = await Gateway.start()
  client = createClient({ url: gateway.url, WebSocket, window: 4, backoff: { first: 1, max: 5, tries: 3 } })
})
afterEach(async () => {
  client.close()
  await gateway.stop()
  assert.deepEqual(gateway.violations, [])
})

const words = Array.from({ length: 30 }, (_, k) => `w${k} `)
const whole = words.join('')

/** An answer that comes in two halves, the connection breaking in between. */
function broken(events: Event[], more: Partial<Answer> = {}): void {
  gateway.answer = () => ({ events, ready: 10, ...more })
}
const breakAt = (text: string) => {
  if (text !== words.slice(0, 5).join('')) return
  gateway.cut()
  gateway.newest.produce(100)
}

const named = (data: { type: string }): Event => ({ event: data.type, data: JSON.stringify(data) })

function anthropic(): Event[] {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, usage: { input_tokens: 1, output_tokens: 1 } }
  const delta = (text: string) => named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } } as never)
  return [
    named({ type: 'message_start', message } as never),
    named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as never),
    named({ type: 'ping' }),
    ...words.map(delta),
    named({ type: 'content_block_stop', index: 0 } as never),
    named({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 30 } } as never),
    named({ type: 'message_stop' }),
  ]
}

const messages = { model: 'm', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hi' }] }

test('Anthropic SDK: a whole answer, over a connection that breaks', async () => {
  broken(anthropic())
  const sdk = new Anthropic({ apiKey: 'none', baseURL: gateway.url, fetch: client.fetch, dangerouslyAllowBrowser: true })
  const stream = sdk.messages.stream(messages).on('text', (_, text) => breakAt(text))
  const message = await stream.finalMessage()
  assert.deepEqual(message.content, [{ type: 'text', text: whole }])
  assert.equal(message.stop_reason, 'end_turn')
  const { api, body } = gateway.calls[0]!
  assert.deepEqual([api, body.model, gateway.calls.length, gateway.handshakes.length], ['messages', 'm', 1, 2])
})

test('Anthropic SDK: an answer that is not whole, and a refusal', async () => {
  const sdk = new Anthropic({ apiKey: 'none', baseURL: gateway.url, fetch: client.fetch, maxRetries: 0 })
  const error = { message: 'The provider hung up.', type: 'api_error' }
  broken(anthropic().slice(0, 10), { end: { reason: 'upstream_truncated', error } })
  await assert.rejects(
    async () => {
      for await (const _ of await sdk.messages.create({ ...messages, stream: true }));
    },
    (thrown: Error) => /hung up/.test(String((thrown.cause as Error)?.message ?? thrown.message)),
  )
  gateway.answer = () => ({ status: 429, error: { type: 'rate_limit_error', message: 'Slow down.' } })
  await assert.rejects(sdk.messages.create({ ...messages, stream: true }), Anthropic.RateLimitError)
})

test('Google Gen AI SDK: a whole answer, over a connection that breaks', async () => {
  const chunk = (text: string, more = {}) => ({
    data: JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0, ...more }] }),
  })
  broken([...words.slice(0, -1).map((word) => chunk(word)), chunk(words.at(-1)!, { finishReason: 'STOP' })])
  const sdk = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: gateway.url, fetch: client.fetch } })
  let got = ''
  for await (const piece of await sdk.models.generateContentStream({ model: 'g-1', contents: 'hi' })) breakAt((got += piece.text))
  assert.equal(got, whole)
  const { api, model } = gateway.calls[0]!
  assert.deepEqual([api, model, gateway.calls.length, gateway.handshakes.length], ['generateContent', 'g-1', 1, 2])
})

test('OpenAI SDK, Responses: a whole answer, over a connection that breaks, and one that is not whole', async () => {
  const response = { id: 'resp_1', object: 'response', status: 'in_progress', output: [] }
  const events = [
    named({ type: 'response.created', response } as never),
    ...words.map((delta) => named({ type: 'response.output_text.delta', item_id: 'i', output_index: 0, content_index: 0, delta } as never)),
    named({ type: 'response.completed', response: { ...response, status: 'completed' } } as never),
  ]
  const sdk = new OpenAI({ apiKey: 'none', baseURL: `${gateway.url}/v1`, fetch: client.fetch, maxRetries: 0 })
  const read = async () => {
    let got = ''
    for await (const event of await sdk.responses.create({ model: 'm', input: 'hi', stream: true })) {
      if (event.type === 'response.output_text.delta') breakAt((got += event.delta))
    }
    return got
  }
  broken(events)
  assert.equal(await read(), whole)
  assert.equal(gateway.calls[0]!.api, 'responses')
  broken(events.slice(0, 8), { ready: 8, end: { reason: 'upstream_stalled' } })
  await assert.rejects(read(), (thrown: Error) => ((thrown.cause ?? thrown) as TidegateError).reason === 'upstream_stalled')
})
