import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { WebSocket } from 'ws'
import { Gateway } from '../test/gateway.js'
import type { Client, ClientOptions } from './api.js'
import { createClient } from './client.js'
import { TidegateError } from './error.js'

let gateway: Gateway
let clients: Client[]

beforeEach(async () => {
  clients = []
  gateway = await Gateway.start()
  gateway.answer = () => ({ events: [{ data: '1' }, { data: '2' }], ready: 1 })
})
afterEach(async () => {
  mock.timers.reset()
  for (const client of clients) client.close()
  await gateway.stop()
  assert.deepEqual(gateway.violations, [])
})

function connect(options: Partial<ClientOptions> = {}): Client {
  const client = createClient({ url: gateway.url, WebSocket, backoff: { first: 1, max: 5, tries: 20 }, ...options })
  clients.push(client)
  return client
}

const call = { api: 'chat.completions', body: {} }

test('streams share a connection, 64 at most', async () => {
  const client = connect()
  const streams = Array.from({ length: 65 }, () => client.open(call))
  await Promise.all(streams.map((stream) => stream.opened))
  assert.equal(gateway.handshakes.length, 2)
})

test('both encodings are offered, and a ticket beside them', async () => {
  let minted = 0
  const client = connect({ ticket: async () => `t${++minted}` })
  await client.open(call).opened
  assert.equal(gateway.handshakes[0]!.headers['sec-websocket-protocol'], 'tidegate.1.bin,tidegate.1.json,tidegate.ticket.t1')
  await connect({ protocol: 'json', ticket: 'x' }).open(call).opened
  assert.equal(gateway.handshakes[1]!.headers['sec-websocket-protocol'], 'tidegate.1.json,tidegate.ticket.x')
})

test('every connection has a ticket of its own', async () => {
  let minted = 0
  const client = connect({ ticket: async () => `t${++minted}` })
  const stream = client.open(call)
  await stream.next()
  gateway.cut()
  const next = stream.next()
  await gateway.until(() => gateway.handshakes.length === 2)
  assert.match(String(gateway.handshakes[1]!.headers['sec-websocket-protocol']), /tidegate\.ticket\.t2$/)
  gateway.newest.produce(1)
  assert.equal((await next)!.text, '2')
})

test("over SSE one ticket opens, and the stream's own does the rest", async () => {
  let minted = 0
  gateway.streamTicket = 's1.own'
  const stream = connect({ transport: 'sse', window: 1, ticket: async () => `t${++minted}` }).open(call)
  await stream.next()
  const next = stream.next()
  await gateway.until(() => gateway.newest.acked === 1)
  gateway.newest.produce(1)
  await next
  stream.cancel()
  await gateway.until(() => gateway.newest.cancelled)
  const tickets = gateway.requests.map((request) => new URL(request.url!, gateway.url).searchParams.get('ticket'))
  assert.deepEqual(tickets, ['t1', 's1.own', 's1.own', 's1.own'])
})

test("a stream begun on a WebSocket goes on over SSE with the stream's own ticket", async () => {
  let minted = 0
  gateway.streamTicket = 's1.own'
  const stream = connect({ ticket: async () => `t${++minted}` }).open(call)
  await stream.next()
  gateway.faults = { block: 1 }
  gateway.cut()
  const next = stream.next()
  await gateway.until(() => gateway.requests.length > 0 && gateway.newest.acked === 1)
  gateway.newest.produce(1)
  assert.equal((await next)!.seq, 2)
  assert.equal(stream.transport, 'sse')
  const tickets = gateway.requests.map((request) => new URL(request.url!, gateway.url).searchParams.get('ticket'))
  assert.deepEqual([...new Set(tickets)], ['s1.own'])
})

test('a ticket that cannot be had is tried for again', async () => {
  let asked = 0
  const ticket = async () => {
    if (++asked < 3) throw new Error('no')
    return 't'
  }
  await connect({ ticket }).open(call).opened
  assert.equal(asked, 3)
})

test('headers go with everything', async () => {
  const headers = { authorization: 'Bearer k' }
  await connect({ headers }).open(call).opened
  await connect({ headers, transport: 'sse' }).open(call).opened
  assert.equal(gateway.handshakes[0]!.headers.authorization, 'Bearer k')
  for (const request of gateway.requests) assert.equal(request.headers.authorization, 'Bearer k')
})

test('where WebSocket is blocked, SSE is used, and WebSocket not tried for each stream', async () => {
  gateway.faults = { block: 1 }
  const client = connect()
  for (let n = 0; n < 3; n++) {
    const stream = client.open(call)
    await stream.opened
    assert.equal(stream.transport, 'sse')
  }
  assert.equal(gateway.handshakes.length, 1)
})

test('a WebSocket that did not get through is tried again, later each time', async () => {
  mock.timers.enable({ apis: ['Date'], now: 1e12 })
  const client = connect()
  const open = async () => {
    const stream = client.open(call)
    await stream.opened
    return [stream.transport, gateway.handshakes.length]
  }
  gateway.faults = { block: 1 }
  assert.deepEqual(await open(), ['sse', 1])
  for (const [n, pause] of [30000, 60000, 120000].entries()) {
    mock.timers.tick(pause - 1)
    assert.deepEqual(await open(), ['sse', n + 1], 'too early')
    mock.timers.tick(1)
    assert.deepEqual(await open(), ['sse', n + 2])
  }
  gateway.faults = {}
  mock.timers.tick(240000)
  assert.deepEqual(await open(), ['ws', 5])
})

test('where there is no WebSocket at all, SSE is used', async () => {
  const blocked = class {
    constructor() {
      throw new SyntaxError('as a browser does when it is given headers')
    }
  }
  const stream = connect({ WebSocket: blocked as never }).open(call)
  await stream.opened
  assert.equal(stream.transport, 'sse')
})

test('a stream begun on one transport goes on over the other, and back', async () => {
  gateway.answer = () => ({ events: Array.from({ length: 3 }, (_, n) => ({ data: `${n}` })), ready: 1 })
  const stream = connect().open(call)
  await stream.next()
  assert.equal(stream.transport, 'ws')
  gateway.faults = { block: 1 }
  gateway.cut()
  const second = stream.next()
  await gateway.until(() => gateway.requests.length > 0 && gateway.newest.acked === 1)
  gateway.newest.produce(1)
  assert.equal((await second)!.seq, 2)
  assert.equal(stream.transport, 'sse')

  gateway.faults = {}
  gateway.deaf = true
  gateway.cut()
  const third = stream.next()
  await gateway.until(() => gateway.newest.acked === 2)
  gateway.newest.produce(1)
  assert.equal((await third)!.seq, 3)
  assert.equal(stream.transport, 'ws')
})

test('close leaves the streams to whoever resumes them; with cancel it does not', async () => {
  for (const transport of ['ws', 'sse'] as const) {
    for (const cancel of [false, true]) {
      const client = connect({ transport })
      const stream = client.open(call)
      await stream.next()
      const mine = gateway.newest
      const next = stream.next()
      client.close({ cancel })
      await assert.rejects(next, (error) => error instanceof TidegateError && error.reason === (cancel ? 'cancelled' : 'closed'))
      await gateway.until(() => (cancel ? mine.cancelled : !mine.consumer))
      assert.equal(mine.cancelled, cancel)
      // A page that is left takes what was written to its WebSocket with it.
      if (cancel) assert.equal(gateway.requests.at(-1)!.method, 'DELETE')
    }
  }
})

test('close codes of 4500 and above are the end, the others are not', async () => {
  for (const [code, back] of [[1001, true], [1011, true], [4000, true], [4008, true], [4501, false], [4509, false]] as const) {
    const stream = connect().open(call)
    await stream.next()
    const mine = gateway.newest
    for (const close of gateway.closers) close(code, 'because')
    const next = stream.next()
    if (back) {
      await gateway.until(() => mine.acked === 1)
      mine.produce(1)
      assert.equal((await next)!.seq, 2)
      stream.cancel()
    } else {
      await assert.rejects(next, { name: 'TidegateError', reason: 'rejected', code: `${code}`, message: 'because' })
    }
  }
})

test('a gateway that drains gets no new streams on that connection, and keeps the ones it has', async () => {
  gateway.answer = () => ({ events: [{ data: '1' }, { data: '2' }, { data: '3' }], ready: 1 })
  const client = connect()
  const stream = client.open(call)
  await stream.next()
  const mine = gateway.newest
  for (const say of gateway.sayers) say({ t: 'draining', reconnect_ms: 1 })
  const next = stream.next()
  mine.produce(1)
  await next
  await client.open(call).opened
  assert.equal(gateway.handshakes.length, 2)
  assert.equal(stream.transport, 'ws')
})

test('a connection that is dead without a sign is noticed', async () => {
  mock.timers.enable({ apis: ['setInterval', 'Date'] })
  const stream = connect().open(call)
  await stream.next()
  const next = stream.next()
  gateway.mute = true
  // Two silent keep-alives, a question, another keep-alive.
  for (let second = 0; second < 50 && gateway.handshakes.length < 2; second += 5) {
    mock.timers.tick(5000)
    await new Promise(setImmediate)
  }
  gateway.mute = false
  await gateway.until(() => gateway.newest.acked === 1)
  gateway.newest.produce(1)
  assert.equal((await next)!.seq, 2)
})

test('a connection that is only quiet is kept', async () => {
  mock.timers.enable({ apis: ['setInterval', 'Date'] })
  const stream = connect().open(call)
  await stream.next()
  const next = stream.next()
  for (let second = 0; second < 300; second += 5) {
    const before = gateway.probes
    mock.timers.tick(5000)
    // The answer to a question has to arrive before more time goes by.
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    assert.ok(gateway.probes <= before + 1)
  }
  assert.ok(gateway.probes > 0)
  assert.equal(gateway.handshakes.length, 1)
  gateway.newest.produce(1)
  assert.equal((await next)!.seq, 2)
})

test('a connection without streams is closed after a keep-alive', async () => {
  mock.timers.enable({ apis: ['setInterval', 'Date'] })
  const stream = connect().open(call)
  gateway.answer = () => ({ events: [] })
  await stream.next()
  gateway.newest.produce(1)
  while (await stream.next());
  mock.timers.tick(20000)
  await gateway.until(() => gateway.closers.size === 0)
})

test('when the network comes back, a new connection is made at once', async () => {
  const target = new EventTarget()
  for (const name of ['addEventListener', 'removeEventListener'] as const) {
    Object.assign(globalThis, { [name]: target[name].bind(target) })
  }
  try {
    for (const transport of ['ws', 'sse'] as const) {
      const stream = connect({ transport, backoff: { first: 1e6, max: 1e6 } }).open(call)
      await stream.next()
      const mine = gateway.newest
      const next = stream.next()
      target.dispatchEvent(new Event('online'))
      await gateway.until(() => mine.acked === 1)
      mine.produce(1)
      assert.equal((await next)!.seq, 2)
      stream.cancel()
    }
  } finally {
    Object.assign(globalThis, { addEventListener: undefined, removeEventListener: undefined })
  }
})

test('the url may end in v1, as SDKs want it', async () => {
  for (const end of ['/', '/v1', '/v1/']) await connect({ url: gateway.url + end }).open(call).opened
  for (const { url } of gateway.handshakes) assert.equal(url, '/v1/ws')
})
