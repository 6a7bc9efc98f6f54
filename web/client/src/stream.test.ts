import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, mock, test } from 'node:test'
import { WebSocket } from 'ws'
import { Gateway, type Answer } from '../test/gateway.js'
import type { Client, ClientOptions, Stream } from './api.js'
import { createClient } from './client.js'
import { TidegateError } from './error.js'

let gateway: Gateway
const clients: Client[] = []
const gateways: Gateway[] = []

beforeEach(async () => {
  gateway = await Gateway.start()
  gateways.push(gateway)
})
afterEach(() => mock.timers.reset())
after(async () => {
  for (const client of clients) client.close()
  for (const each of gateways) {
    assert.deepEqual(each.violations, [])
    await each.stop()
  }
})

function connect(options: Partial<ClientOptions> = {}): Client {
  const client = createClient({ url: gateway.url, WebSocket, backoff: { first: 1, max: 5, tries: 3 }, ...options })
  clients.push(client)
  return client
}

/** An answer of n events. */
function count(n: number, more: Partial<Answer> = {}): Answer {
  return { events: Array.from({ length: n }, (_, k) => ({ data: `{"n":${k + 1}}` })), ...more }
}

async function rest(stream: Stream): Promise<number[]> {
  const got = []
  for await (const event of stream) got.push(event.data.n)
  return got
}

async function failure(stream: Stream): Promise<TidegateError> {
  const error = await rest(stream).then(
    () => assert.fail('the loop ended as if the answer were whole'),
    (error: unknown) => error,
  )
  assert.ok(error instanceof TidegateError, String(error))
  return error
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, k) => from + k)
const call = { api: 'chat.completions', body: { model: 'm' } }

for (const transport of ['ws', 'sse'] as const) {
  for (const protocol of ['bin', 'json'] as const) {
    test(`${transport} ${protocol}: events, their data and names`, async () => {
      const events = [{ data: '{"a":[1.0, 2]}' }, { event: 'ping', data: 'no JSON' }, { event: 'x', data: 'two\nlines 🌊' }]
      gateway.answer = () => ({ events })
      const stream = connect({ transport, protocol }).open(call)
      const got = []
      for await (const { seq, event, data, text } of stream) got.push({ seq, event, data, text })
      assert.deepEqual(got, [
        { seq: 1, event: undefined, data: { a: [1, 2] }, text: '{"a":[1.0, 2]}' },
        { seq: 2, event: 'ping', data: undefined, text: 'no JSON' },
        { seq: 3, event: 'x', data: undefined, text: 'two\nlines 🌊' },
      ])
      assert.equal((await stream.opened).stream, gateway.newest.id)
    })
  }

  test(`${transport}: the body arrives as it was given`, async () => {
    const client = connect({ transport })
    const body = '{"model":"m","seed":12345678901234567890,"x":1.0}'
    await rest(client.open({ api: 'completions', body }))
    await rest(client.open({ api: 'completions', body: { model: 'm' } }))
    assert.deepEqual(
      gateway.calls.map((each) => each.text),
      [body, '{"model":"m"}'],
    )
  })

  test(`${transport}: no more than the window is received before the loop takes it`, async () => {
    gateway.answer = () => count(100)
    const stream = connect({ transport, window: 8 }).open(call)
    for (let n = 1; n <= 100; n++) {
      const event = await stream.next()
      assert.equal(event!.seq, n)
      assert.ok(stream.received - stream.applied <= 8)
      assert.ok(gateway.newest.sent <= gateway.newest.acked + 8, 'the gateway was never granted more')
    }
    assert.equal(await stream.next(), undefined)
  })

  test(`${transport}: what is handed out is acknowledged when the next is asked for`, async () => {
    gateway.answer = () => count(20, { ready: 1 })
    const stream = connect({ transport, window: 1 }).open(call)
    assert.equal((await stream.next())!.seq, 1)
    assert.equal(stream.applied, 0)
    assert.equal(gateway.newest.acked, 0)
    const second = stream.next()
    await gateway.until(() => gateway.newest.acked === 1)
    assert.equal(stream.applied, 1)
    gateway.newest.produce(1)
    assert.equal((await second)!.seq, 2)
    stream.cancel()
  })

  test(`${transport}: a loop that has caught up acknowledges everything, but not each event of a fast model`, async () => {
    mock.timers.enable({ apis: ['Date'], now: 1e12 })
    gateway.answer = () => count(100, { ready: 31 })
    const stream = connect({ transport }).open(call)
    for (let n = 1; n <= 31; n++) await stream.next()
    let next = stream.next()
    assert.equal(stream.acknowledged, 0, 'less than half the window within a moment is not worth a message')
    gateway.newest.produce(1)
    await next
    next = stream.next()
    assert.equal(stream.acknowledged, 32, 'half the window is')
    for (let n = 33; n <= 36; n++) {
      mock.timers.tick(251)
      gateway.newest.produce(1)
      await next
      next = stream.next()
      assert.equal(stream.acknowledged, n, 'events that come one by one are acknowledged one by one')
    }
    await gateway.until(() => gateway.newest.acked === 36)
    stream.cancel()
    await assert.rejects(next, TidegateError)
  })

  test(`${transport}: large events are acknowledged before they fill the gateway's buffer`, async () => {
    mock.timers.enable({ apis: ['Date'], now: 1e12 })
    gateway.answer = () => ({ events: [{ data: `"${'x'.repeat(2100)}"` }, { data: '2' }], ready: 1 })
    const stream = connect({ transport }).open(call)
    await stream.next()
    const next = stream.next()
    assert.equal(stream.acknowledged, 1)
    stream.cancel()
    await assert.rejects(next, TidegateError)
  })

  test(`${transport}: like events are acknowledged by what the gateway holds for them, where that is known`, async () => {
    mock.timers.enable({ apis: ['Date'], now: 1e12 })
    const events = Array.from({ length: 40 }, (_, n) => ({ data: `{"n":${10 + n},"same":"${'x'.repeat(300)}"}` }))
    gateway.answer = () => ({ events, ready: 30 })
    const stream = connect({ transport }).open(call)
    for (let n = 1; n <= 30; n++) await stream.next()
    const next = stream.next()
    // Differences from the event before in binary; the text, where that is all that the client sees.
    assert.equal(stream.acknowledged, transport === 'ws' ? 0 : 28)
    stream.cancel()
    await assert.rejects(next, TidegateError)
  })

  test(`${transport}: a gateway that is blocked is told at once`, async () => {
    mock.timers.enable({ apis: ['Date'], now: 1e12 })
    gateway.answer = () => count(100, { ready: 3 })
    const stream = connect({ transport }).open(call)
    for (let n = 1; n <= 3; n++) await stream.next()
    const next = stream.next()
    assert.equal(gateway.newest.acked, 0, 'three events of 64 are not worth a message')
    gateway.newest.blocked = true
    gateway.newest.produce(0)
    await gateway.until(() => gateway.newest.acked === 3)
    gateway.newest.produce(97)
    await next
    // What came of what it had held is let go of in batches, and wholly when the loop has caught up.
    for (let n = 5; n <= 60; n++) assert.equal((await stream.next())!.seq, n)
    assert.ok(stream.applied - stream.acknowledged < 8, `${stream.applied - stream.acknowledged} are not acknowledged`)
    assert.deepEqual(await rest(stream), numbers(61, 100))
  })

  test(`${transport}: a broken connection is nothing that the loop notices`, async () => {
    gateway.answer = () => count(30, { ready: 10 })
    const stream = connect({ transport }).open(call)
    const got = []
    for await (const event of stream) {
      got.push(event.seq)
      if (event.seq === 10 || event.seq === 20) {
        gateway.cut()
        gateway.newest.produce(10)
      }
    }
    assert.deepEqual(got, numbers(1, 30))
  })

  test(`${transport}: goes on in another page after what was applied in the first`, async () => {
    gateway.answer = () => count(30)
    const first = connect({ transport })
    const stream = first.open(call)
    assert.equal(stream.save(), undefined)
    for (let n = 1; n <= 7; n++) await stream.next()
    const saved = JSON.stringify(stream.save())
    assert.equal(saved, JSON.stringify({ stream: gateway.newest.id, seq: 7, epoch: 1e6 }))
    first.close()
    assert.equal((await failure(stream)).reason, 'closed')
    assert.equal(gateway.newest.cancelled, false)
    assert.deepEqual(await rest(connect({ transport }).resume(JSON.parse(saved))), numbers(8, 30))
  })

  test(`${transport}: every end but complete throws, after all events`, async () => {
    const error = { message: 'The provider hung up.', type: 'upstream_error', code: 'upstream_truncated' }
    gateway.answer = () => count(5, { end: { reason: 'upstream_truncated', error } })
    const stream = connect({ transport }).open(call)
    for (let n = 1; n <= 5; n++) assert.equal((await stream.next())!.seq, n)
    const thrown = await failure(stream)
    assert.deepEqual(
      [thrown.reason, thrown.code, thrown.type, thrown.message],
      ['upstream_truncated', 'upstream_truncated', 'upstream_error', 'The provider hung up.'],
    )
  })

  test(`${transport}: the end says what the answer took`, async () => {
    const usage = { input_tokens: 10, output_tokens: 5, reasoning_tokens: 2 }
    gateway.answer = () => count(3, { end: { reason: 'complete', usage } })
    const stream = connect({ transport }).open(call)
    for (let n = 1; n <= 3; n++) await stream.next()
    assert.equal(await stream.next(), undefined)
    assert.deepEqual([stream.end!.seq, stream.end!.reason, stream.end!.usage], [3, 'complete', usage])

    gateway.answer = () => count(0, { end: { reason: 'upstream_stalled', usage } })
    const broken = connect({ transport }).open(call)
    assert.equal(broken.end, undefined)
    await failure(broken)
    assert.deepEqual([broken.end!.reason, broken.end!.usage], ['upstream_stalled', usage])
  })

  test(`${transport}: the model of an API whose request does not name it`, async () => {
    gateway.answer = () => count(1)
    await rest(connect({ transport }).open({ api: 'generateContent', model: 'm-1', body: { contents: [] } }))
    const { api, model, body } = gateway.calls[0]!
    assert.deepEqual([api, model, body], ['generateContent', 'm-1', { contents: [] }])
  })

  test(`${transport}: headers of the call`, async () => {
    gateway.answer = () => count(1)
    const headers = { 'anthropic-beta': 'a,b' }
    await rest(connect({ transport }).open({ api: 'messages', headers, body: {} }))
    await rest(connect({ transport }).open(call))
    assert.deepEqual(
      gateway.calls.map((each) => each.headers),
      [headers, undefined],
    )
  })

  test(`${transport}: resumes that come late do not win, whoever has sent them`, async () => {
    gateway.answer = () => count(30, { ready: 5 })
    const stream = connect({ transport }).open(call)
    for (let n = 1; n <= 5; n++) await stream.next()
    const mine = gateway.newest
    const saved = stream.save()!
    assert.equal(saved.epoch, 1e6)
    gateway.cut()
    await gateway.until(() => mine.epoch > 0)
    assert.equal(mine.epoch, 1, 'a connection has one more than the one before')
    mine.epoch = 5e6 + 7 // others have had it since
    const resumed = connect({ transport }).resume(saved)
    await resumed.opened
    assert.equal(mine.epoch, 6e6)
    gateway.cut()
    await gateway.until(() => mine.epoch > 6e6)
    mine.epoch = 9e6
    gateway.cut()
    const thrown = await failure(resumed)
    assert.equal(thrown.reason, 'superseded')
  })

  test(`${transport}: a refusal`, async () => {
    const error = { message: 'Too many.', type: 'requests', code: 'rate_limit_exceeded' }
    gateway.answer = () => ({ status: 429, error, retry_after_ms: 2000 })
    const stream = connect({ transport }).open(call)
    const thrown = await failure(stream)
    assert.deepEqual([thrown.reason, thrown.status, thrown.code, thrown.retryAfterMs], ['refused', 429, 'rate_limit_exceeded', 2000])
    await assert.rejects(stream.opened, thrown)
    assert.equal(gateway.calls.length, 1, 'a call that was refused is not made again')
  })

  test(`${transport}: a stream that is gone`, async () => {
    const thrown = await failure(connect({ transport }).resume({ stream: 'gone', seq: 3 }))
    assert.deepEqual([thrown.reason, thrown.status], ['refused', 404])
  })

  test(`${transport}: the newest page wins`, async () => {
    gateway.answer = () => count(30, { ready: 5 })
    const stream = connect({ transport }).open(call)
    for (let n = 1; n <= 5; n++) await stream.next()
    const other = connect({ transport }).resume(stream.save()!)
    assert.equal((await failure(stream)).reason, 'superseded')
    await other.opened
    gateway.newest.produce(25)
    assert.deepEqual(await rest(other), numbers(6, 30))
  })

  test(`${transport}: an abort cancels the call and throws the signal's reason`, async () => {
    gateway.answer = () => count(30, { ready: 5 })
    const abort = new AbortController()
    const stream = connect({ transport }).open({ ...call, signal: abort.signal })
    for (let n = 1; n <= 5; n++) await stream.next()
    const next = stream.next()
    abort.abort()
    await assert.rejects(next, { name: 'AbortError' })
    await assert.rejects(stream.next(), { name: 'AbortError' })
    await gateway.until(() => gateway.newest.cancelled)
  })

  test(`${transport}: leaving the loop cancels the call`, async () => {
    gateway.answer = () => count(30, { ready: 5 })
    const stream = connect({ transport }).open(call)
    for await (const event of stream) if (event.seq === 3) break
    await gateway.until(() => gateway.newest.cancelled)
    assert.equal((await failure(stream)).reason, 'cancelled')
  })

  test(`${transport}: a gateway that stays away`, async () => {
    const url = gateway.url
    await gateway.stop()
    const thrown = await failure(connect({ url, transport }).open(call))
    assert.equal(thrown.reason, 'unreachable')
    gateways.splice(gateways.indexOf(gateway), 1)
  })
}

test('aborted before it began: no call is made', async () => {
  const stream = connect().open({ ...call, signal: AbortSignal.abort() })
  await assert.rejects(stream.next(), { name: 'AbortError' })
  assert.equal(gateway.handshakes.length + gateway.requests.length, 0)
})

test('an abort for a reason that is next to nothing is no end of the answer', async () => {
  for (const reason of [null, 0, '', false]) {
    gateway.answer = () => count(3, { ready: 1 })
    const abort = new AbortController()
    const stream = connect().open({ ...call, signal: abort.signal })
    await stream.next()
    abort.abort(reason)
    await assert.rejects(stream.next(), (thrown) => thrown === reason)
  }
})

test('two loops over one stream', async () => {
  gateway.answer = () => count(2, { ready: 0 })
  const stream = connect().open(call)
  const next = stream.next()
  await assert.rejects(stream.next(), /read twice/)
  stream.cancel()
  await assert.rejects(next, TidegateError)
})

test('a call that was cancelled while the connection is away is cancelled by a request', async () => {
  gateway.answer = () => count(30, { ready: 5 })
  const stream = connect({ backoff: { first: 1e6, max: 1e6 } }).open(call)
  for (let n = 1; n <= 5; n++) await stream.next()
  gateway.faults = { block: 1 }
  gateway.cut()
  await gateway.until(() => gateway.handshakes.length === 2)
  stream.cancel()
  await gateway.until(() => gateway.newest.cancelled)
})
