import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { Gateway, type Answer, type Event } from '../test/gateway.js'
import { Random } from '../test/random.js'
import type { Client, Stream } from './api.js'
import { createClient } from './client.js'
import { TidegateError } from './error.js'

const pages = 50
const streamsEach = 40
const ends = ['complete', 'complete', 'complete', 'upstream_error', 'upstream_truncated', 'slow_consumer', 'shutdown']

/** Events as a provider might send them: most alike, some named, some no JSON, a few larger than the buffer. */
function makeEvents(random: Random): Event[] {
  return Array.from({ length: random.int(40) }, (_, n): Event => {
    if (random.chance(0.03)) return { data: random.pick(['ping', '', 'two\nlines', '{"cut":']) }
    const text = random.pick(['token', ' 🌊', 'ä', '\\"data\\":{', '}]']).repeat(random.chance(0.02) ? 3000 : 1)
    const data = `{"id":"chatcmpl","n":${n},"choices":[{"delta":{"content":"${text}"}}]}`
    return random.chance(0.2) ? { event: random.pick(['delta', 'ping']), data } : { data }
  })
}

test(`each event exactly once: ${pages * streamsEach} streams over connections that break`, async () => {
  const gateway = await Gateway.start()
  gateway.faults = { cut: 0.002, cutInside: 0.002, twice: 0.05, skip: 0.01, late: 0.1, block: 0.2 }
  gateway.random = new Random(7)
  const answers = new Map<number, Answer>()
  gateway.answer = (_, { n }) => {
    const random = new Random(n)
    // The provider's answer is the same however often a call that did not get through is made.
    const answer = answers.get(n) ?? { events: makeEvents(random), end: { reason: random.pick(ends), error: { message: 'why' } } }
    answers.set(n, answer)
    return answer
  }

  let page: Page | undefined
  let reloads = 0
  try {
    // One after another: a process has a limited number of sockets, and holds both ends of each here.
    for (let p = 0; p < pages; p++) {
      const open = (page = new Page(gateway.url, new Random(1000 + p), p % 2 ? 'bin' : 'json'))
      await Promise.all(
        Array.from({ length: streamsEach }, async (_, k) => {
          const n = p * streamsEach + k
          const { events, reason } = await open.read(n)
          assert.deepEqual(events, answers.get(n)!.events)
          assert.equal(reason, answers.get(n)!.end!.reason)
        }),
      )
      page.client.close()
      reloads += page.reloads
    }
    assert.deepEqual(gateway.violations, [])
    const transports = new Set(gateway.calls.map((call) => call.via))
    assert.deepEqual([...transports].sort(), ['sse', 'ws'], 'both transports took part')
    assert.ok(reloads > 0)
  } finally {
    page?.client.close()
    await gateway.stop()
  }
})

/** A page with many streams, which is reloaded now and then. */
class Page {
  client: Client
  reloads = 0
  readonly #window: number

  constructor(
    readonly url: string,
    readonly random: Random,
    readonly protocol: 'bin' | 'json',
  ) {
    this.#window = random.pick([1, 2, 7, 64])
    this.client = this.#load()
  }

  #load(): Client {
    const backoff = { first: 1, max: 8, tries: 500 }
    return createClient({ url: this.url, window: this.#window, protocol: this.protocol, WebSocket, backoff })
  }

  /** What the application gets to see of call n. */
  async read(n: number): Promise<{ events: Event[]; reason: string }> {
    const events: Event[] = []
    const open = () => this.client.open({ api: 'chat.completions', body: { n } })
    let stream: Stream = open()
    for (;;) {
      try {
        const event = await stream.next()
        if (!event) return { events, reason: 'complete' }
        assert.equal(event.seq, events.length + 1)
        assert.ok(stream.received - stream.applied <= this.#window, 'no more is held than was granted')
        events.push(event.event ? { event: event.event, data: event.text } : { data: event.text })
        if (this.random.chance(0.1)) await new Promise(setImmediate)
        if (this.random.chance(0.001)) this.#reload()
      } catch (error) {
        if (!(error instanceof TidegateError)) throw error
        if (error.reason !== 'closed') return { events, reason: error.reason }
        const saved = JSON.stringify(stream.save())
        stream = saved ? this.client.resume(JSON.parse(saved)) : open()
      }
    }
  }

  #reload(): void {
    const before = this.client
    this.client = this.#load()
    this.reloads++
    before.close()
  }
}
