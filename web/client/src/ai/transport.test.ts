import { lastAssistantMessageIsCompleteWithToolCalls, type UIMessage } from 'ai'
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { WebSocket } from 'ws'
import { Chat, Tab } from '../../test/chat.js'
import { chat, chunk, text } from '../../test/chunks.js'
import { Gateway } from '../../test/gateway.js'
import type { Client } from '../api.js'
import { createClient } from '../client.js'
import { createChatTransport, type ChatTransportOptions } from './transport.js'

let gateway: Gateway
let clients: Client[]
let tab: Tab

beforeEach(async () => {
  gateway = await Gateway.start()
  clients = []
  tab = new Tab()
})
afterEach(async () => {
  for (const client of clients) client.close()
  await gateway.stop()
  assert.deepEqual(gateway.violations, [])
})

type Page = Partial<ChatTransportOptions<UIMessage>> & Partial<ConstructorParameters<typeof Chat>[0]>

/** A page with a chat, as it is after it was loaded. */
function load({ model = 'm', request, storage = tab, ...init }: Page = {}): { chat: Chat; client: Client } {
  const client = createClient({ url: gateway.url, WebSocket, window: 4, backoff: { first: 1, max: 5, tries: 3 } })
  clients.push(client)
  const transport = createChatTransport({ client, model, storage, ...(request && { request }) })
  return { chat: new Chat({ id: 'c', transport, ...init }), client }
}

const question: UIMessage = { id: 'q', role: 'user', parts: [{ type: 'text', text: 'hi' }] }

test('a whole answer, over a connection that breaks', async () => {
  gateway.answer = () => chat(30, { ready: 10 })
  const { chat: page } = load()
  const sent = page.sendMessage({ text: 'hi' }, { body: { temperature: 0 } })
  await page.shows('w5 ')
  gateway.cut()
  gateway.newest.produce(30)
  await sent
  assert.equal(page.text, text(30))
  assert.equal(page.status, 'ready')
  assert.equal(gateway.handshakes.length, 2)
  assert.deepEqual(gateway.calls[0]!.body, { model: 'm', messages: [{ role: 'user', content: 'hi' }], temperature: 0, stream: true })
  assert.equal(tab.kept.size, 0, 'nothing is kept of an answer that is whole')
})

test('a page that was reloaded goes on with the answer, and every token is there once', async () => {
  gateway.answer = () => chat(30, { ready: 10 })
  const before = load()
  void before.chat.sendMessage({ text: 'hi' })
  await before.chat.shows('w5 ')
  const answered = before.chat.lastMessage!.id
  before.client.close()

  const { chat: page } = load({ messages: [question] })
  const resumed = page.resumeStream()
  await page.shows('w5 ')
  gateway.newest.produce(30)
  await resumed
  assert.equal(page.text, text(30))
  assert.equal(page.status, 'ready')
  assert.equal(page.lastMessage!.id, answered)
  assert.equal(page.messages.length, 2)
  assert.equal(gateway.calls.length, 1)
  assert.equal(tab.kept.size, 0)
})

test('a page that has kept the half of the answer itself shows it once', async () => {
  gateway.answer = () => chat(30, { ready: 10 })
  const before = load()
  void before.chat.sendMessage({ text: 'hi' })
  await before.chat.shows('w5 ')
  const messages = structuredClone(before.chat.messages)
  before.client.close()

  const { chat: page } = load({ messages })
  const resumed = page.resumeStream()
  gateway.newest.produce(30)
  await resumed
  assert.equal(page.text, text(30))
  assert.equal(page.messages.length, 2)
})

test('where nothing is to be resumed, nothing is asked for', async () => {
  const { chat: page } = load({ messages: [question] })
  await page.resumeStream()
  assert.equal(page.status, 'ready')
  assert.equal(gateway.handshakes.length + gateway.requests.length, 0)
})

test('a component that is mounted twice resumes twice, and no call is cancelled', async () => {
  gateway.answer = () => chat(30, { ready: 10 })
  const before = load()
  void before.chat.sendMessage({ text: 'hi' })
  await before.chat.shows('w5 ')
  before.client.close()

  const { chat: page } = load({ messages: [question] })
  const first = page.resumeStream()
  const second = page.resumeStream()
  await page.shows('w5 ')
  gateway.newest.produce(30)
  await Promise.all([first, second])
  assert.equal(page.text, text(30))
  assert.equal(gateway.newest.cancelled, false)
})

test('stop cancels the call, before and after a reload', async () => {
  gateway.answer = () => chat(30, { ready: 10 })
  const before = load()
  const sent = before.chat.sendMessage({ text: 'hi' })
  await before.chat.shows('w5 ')
  await before.chat.stop()
  await sent
  await gateway.until(() => gateway.newest.cancelled)
  assert.equal(before.chat.status, 'ready')
  assert.equal(tab.kept.size, 0)

  void before.chat.sendMessage({ text: 'again' })
  await before.chat.shows('w5 ', 2)
  before.client.close()
  const { chat: page } = load({ messages: [question] })
  void page.resumeStream()
  await page.shows('w5 ')
  await page.stop()
  await gateway.until(() => gateway.newest.cancelled)
  assert.equal(tab.kept.size, 0)
})

test('an answer that is not whole is an error, and so is one that the gateway no longer has', async () => {
  const error = { message: 'The provider hung up.', code: 'upstream_truncated' }
  gateway.answer = () => chat(3, { end: { reason: 'upstream_truncated', error } })
  const { chat: page } = load()
  await page.sendMessage({ text: 'hi' })
  assert.equal(page.status, 'error')
  assert.match(page.error!.message, /hung up/)
  assert.equal(page.text, text(3))
  assert.equal(tab.kept.size, 0)

  gateway.answer = () => chat(30, { ready: 10 })
  void page.sendMessage({ text: 'again' })
  await page.shows('w5 ', 2)
  clients.at(-1)!.close()
  gateway.streams.clear()
  const { chat: late } = load({ messages: [question] })
  await late.resumeStream()
  assert.equal(late.status, 'error')
  assert.match(late.text, /^w0 .*w5 $/, 'what there was is shown')
  assert.equal(tab.kept.size, 0)
})

test('a refusal is an error', async () => {
  gateway.answer = () => ({ status: 429, error: { message: 'Slow down.' } })
  const { chat: page } = load()
  await page.sendMessage({ text: 'hi' })
  assert.equal(page.status, 'error')
  assert.equal(page.error!.message, 'Slow down.')
})

test('reasoning before the text, and why the answer ended', async () => {
  const events = [
    chunk({ role: 'assistant', reasoning_content: 'Let me ' }),
    chunk({ reasoning_content: 'think.' }),
    chunk({ content: 'Yes' }, 'length'),
  ]
  gateway.answer = () => ({ events })
  let finished: string | undefined
  const { chat: page } = load({ onFinish: ({ finishReason }) => void (finished = finishReason) })
  await page.sendMessage({ text: 'hi' })
  const parts = page.lastMessage!.parts.map((part) => ('text' in part ? `${part.type}: ${part.text}` : part.type))
  assert.deepEqual(parts, ['step-start', 'reasoning: Let me think.', 'text: Yes'])
  assert.equal(finished, 'length')
})

/** A gateway whose model asks for a tool, and answers when it has the result. */
function withTool(ready: number) {
  const call = (function_: object, more = {}) => chunk({ tool_calls: [{ index: 0, function: function_, ...more }] })
  gateway.answer = (_, { messages }) =>
    messages.at(-1).role === 'tool'
      ? chat(30, { ready })
      : {
          events: [
            chunk({ content: 'One moment. ' }),
            call({ name: 'tide', arguments: '{"port"' }, { id: 'call-1' }),
            call({ arguments: ':"Brest"}' }),
            chunk({}, 'tool_calls'),
          ],
        }
}

test('a tool of the page, and a reload while the model answers to its result', async () => {
  withTool(10)
  let runs = 0
  const tools = {
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
    async onToolCall({ toolCall }: any) {
      runs++
      assert.deepEqual(toolCall.input, { port: 'Brest' })
      void current.addToolOutput({ tool: toolCall.toolName, toolCallId: toolCall.toolCallId, output: { high: '06:12' } })
    },
  }
  const before = load(tools)
  let current = before.chat
  void current.sendMessage({ text: 'When is high tide?' })
  await current.shows('w5 ')
  assert.deepEqual(gateway.calls[1]!.body.messages, [
    { role: 'user', content: 'When is high tide?' },
    {
      role: 'assistant',
      content: 'One moment. ',
      tool_calls: [{ id: 'call-1', type: 'function', function: { name: 'tide', arguments: '{"port":"Brest"}' } }],
    },
    { role: 'tool', tool_call_id: 'call-1', content: '{"high":"06:12"}' },
  ])
  const answered = current.lastMessage!.id
  before.client.close()

  current = load({ ...tools, messages: [question] }).chat
  const resumed = current.resumeStream()
  gateway.newest.produce(30)
  await resumed
  assert.equal(runs, 1, 'the tool is not run again')
  assert.equal(current.text, 'One moment. ' + text(30))
  assert.equal(current.lastMessage!.id, answered)
  assert.deepEqual(
    current.lastMessage!.parts.map((part) => part.type),
    ['step-start', 'text', 'tool-tide', 'step-start', 'text'],
  )
  const called = current.lastMessage!.parts[2] as any
  assert.deepEqual([called.state, called.input, called.output], ['output-available', { port: 'Brest' }, { high: '06:12' }])
})

test('a call of a tool that was cut off is not made', async () => {
  withTool(0)
  const answer = gateway.answer
  gateway.answer = async (api, body) => ({ ...((await answer(api, body)) as any), end: { reason: 'upstream_truncated' } })
  let runs = 0
  const { chat: page } = load({ onToolCall: () => void runs++ })
  await page.sendMessage({ text: 'hi' })
  assert.equal(page.status, 'error')
  assert.equal(runs, 0)
})

test('a storage that is full, or none: the answer comes, and does not go on after a reload', async () => {
  const full = new Tab()
  full.setItem = () => {
    throw new DOMException('full', 'QuotaExceededError')
  }
  for (const storage of [full, null]) {
    gateway.answer = () => chat(30)
    const { chat: page } = load({ storage })
    await page.sendMessage({ text: 'hi' })
    assert.equal(page.text, text(30))
    await page.resumeStream()
    assert.equal(page.status, 'ready')
  }
})

test('a request of the application’s own making', async () => {
  gateway.answer = () => chat(1)
  const { chat: page } = load({ request: ({ chatId, messages, trigger }) => ({ model: 'own', messages: [chatId, trigger, messages.length] }) })
  await page.sendMessage({ text: 'hi' })
  assert.deepEqual(gateway.calls[0]!.body, { model: 'own', messages: ['c', 'submit-message', 1], stream: true })
})
