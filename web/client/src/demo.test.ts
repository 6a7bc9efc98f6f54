import assert from 'node:assert/strict'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import type { UIMessage } from 'ai'
import { WebSocket } from 'ws'
import { Chat, Tab } from '../test/chat.js'
import type { Event } from '../test/gateway.js'
import { Proxy } from '../test/proxy.js'
import { Random } from '../test/random.js'
import type { Client, ClientOptions, Stream } from './api.js'
import { createChatTransport } from './ai/index.js'
import { createClient } from './client.js'
import { TidegateError } from './error.js'

// The gateway itself, with its scripted provider inside.

/** What the provider sends in answer to the script `file=own.sse`. */
const recording = makeRecording(300)
const model = 'script:file=own.sse,pace=0'

let folder: string
let gateway: ChildProcess
let url: string
const clients: Client[] = []

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-demo-'))
  const binary = process.env.GATEWAY || join(folder, 'gateway')
  if (!process.env.GATEWAY) {
    execFileSync('go', ['build', '-buildvcs=false', '-o', binary, './cmd/gateway'], {
      cwd: join(process.env.TIDEGATE_CLIENT!, '../..'),
      stdio: 'inherit',
    })
  }
  const body = recording.map(({ event, data }) => `${event ? `event: ${event}\n` : ''}data: ${data.replaceAll('\n', '\ndata: ')}\n\n`)
  writeFileSync(join(folder, 'own.sse'), body.join('') + 'data: [DONE]\n\n')
  gateway = spawn(binary, ['demo', '-listen', '127.0.0.1:0', '-admin', '127.0.0.1:0', '-transcripts', folder], { stdio: ['ignore', 'pipe', 'ignore'] })
  for await (const line of createInterface(gateway.stdout!)) {
    const found = /clients\s+(http:\S+)\/v1/.exec(line)
    if (!found) continue
    url = found[1]!
    break
  }
  assert.ok(url, 'the gateway says where it listens')
  gateway.stdout!.resume()
})
after(() => {
  for (const client of clients) client.close()
  gateway?.kill()
  rmSync(folder, { recursive: true })
})

function connect(options: Partial<ClientOptions> = {}): Client {
  // Without a key the gateway wants an Origin of its own, which a browser would send.
  const client = createClient({ url, WebSocket, headers: { origin: options.url ?? url }, ...options })
  clients.push(client)
  return client
}

const open = (client: Client, model: string) => client.open({ api: 'chat.completions', body: { model, messages: [] } })

/** Events as a provider might send them: most alike, some with a name, some in several lines, some large. */
function makeRecording(n: number): Event[] {
  const random = new Random(5)
  return Array.from({ length: n }, (_, k): Event => {
    const text = random.pick(['token', ' 🌊', 'ä', '\\"data\\":{', '}]']).repeat(random.chance(0.02) ? 2000 : 1)
    const data = `{"id":"chatcmpl","n":${k},${random.chance(0.05) ? '\n' : ''}"choices":[{"delta":{"content":"${text}"}}]}`
    return random.chance(0.1) ? { event: random.pick(['delta', 'ping']), data } : { data }
  })
}

async function read(stream: Stream): Promise<Event[]> {
  const got: Event[] = []
  for await (const { seq, event, text } of stream) {
    assert.equal(seq, got.length + 1)
    got.push(event ? { event, data: text } : { data: text })
  }
  return got
}

const transports = [
  { transport: 'ws', protocol: 'bin' },
  { transport: 'ws', protocol: 'json' },
  { transport: 'sse' },
] as const

for (const options of transports) {
  const name = Object.values(options).join(' ')

  test(`${name}: exactly what the provider sent`, async () => {
    assert.deepEqual(await read(open(connect(options), model)), recording)
  })

  test(`${name}: a provider that dies`, async () => {
    const stream = open(connect(options), 'script:tokens=50,fault=rst,at=20')
    for (let n = 1; n <= 20; n++) assert.equal((await stream.next())!.seq, n)
    await assert.rejects(stream.next(), (error) => error instanceof TidegateError && error.reason === 'upstream_error')
  })

  test(`${name}: goes on in another page`, async () => {
    const stream = open(connect(options), model)
    for (let n = 0; n < 100; n++) assert.equal((await stream.next())!.text, recording[n]!.data)
    const saved = stream.save()!
    const other = connect(options).resume(saved)
    for (let n = 100; n < recording.length; n++) assert.equal((await other.next())!.text, recording[n]!.data)
    assert.equal(await other.next(), undefined)
    await assert.rejects(read(stream), (error) => error instanceof TidegateError && error.reason === 'superseded')
  })

  test(`${name}: cancelled as the page is left`, async () => {
    const client = connect(options)
    const stream = open(client, 'script:tokens=1000,pace=20')
    await stream.next()
    const saved = stream.save()!
    client.close({ cancel: true })
    // Events may come until the request to cancel has.
    const resumed = connect(options).resume(saved)
    await assert.rejects(
      async () => {
        while (await resumed.next());
      },
      (error) => error instanceof TidegateError && error.reason === 'cancelled',
    )
  })
}

for (const options of transports) {
  test(`${Object.values(options).join(' ')}: useChat goes on after a reload`, async () => {
    const tab = new Tab()
    const load = (more = 'pace=0', messages: UIMessage[] = []) => {
      const client = connect(options)
      const transport = createChatTransport({ client, model: `script:tokens=300,obfuscation=1,${more}`, storage: tab })
      return { client, chat: new Chat({ id: 'c', transport, messages }) }
    }
    const { chat: whole } = load()
    await whole.sendMessage({ text: 'hi' })
    assert.equal(whole.status, 'ready', String(whole.error))
    assert.ok(whole.text.split(' ').length > 200)

    const before = load('pace=400')
    void before.chat.sendMessage({ text: 'hi' })
    await before.chat.shows(/( \S+){50}/)
    const { id } = before.chat.lastMessage!
    const [question] = before.chat.messages
    before.client.close()

    const { chat } = load('pace=400', [question!])
    await chat.resumeStream()
    assert.equal(chat.status, 'ready', String(chat.error))
    assert.equal(chat.text, whole.text)
    assert.equal(chat.lastMessage!.id, id)
    assert.equal(tab.kept.size, 0)
  })
}

test('what the gateway does not accept', async () => {
  for (const options of transports) {
    const refused = async (stream: Stream) => {
      const error = await stream.next().catch((error: TidegateError) => error)
      assert.ok(error instanceof TidegateError && error.reason === 'refused')
      return [error.status, error.code]
    }
    const client = connect(options)
    assert.deepEqual(await refused(client.open({ api: 'nope', body: {} })), [400, 'unknown_api'])
    assert.deepEqual(await refused(client.resume({ stream: 'nope', seq: 1 })), [404, 'unknown_stream'])
  }
})

test('each event exactly once, over connections that break', async () => {
  const random = new Random(11)
  const proxy = await new Proxy(Number(new URL(url).port), random, 0.05).start()
  try {
    await Promise.all(
      [...transports, { transport: 'auto' } as const].flatMap((options) => {
        const client = connect({ ...options, url: proxy.url, backoff: { first: 1, max: 20, tries: 1000 } })
        return Array.from({ length: 15 }, async () => {
          assert.deepEqual(await read(open(client, model)), recording)
        })
      }),
    )
    assert.ok(proxy.broken > 20, `${proxy.broken} connections have broken`)
  } finally {
    proxy.cut = 0
    await proxy.stop()
  }
})
