import type { IncomingMessage, ServerResponse } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import type { Consumer, Gateway, MockStream, Refusal } from './gateway.js'

/** Serves one request of the SSE profile. */
export async function serveSse(gateway: Gateway, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url!, gateway.url)
  const [, id, verb] = /^\/v1\/streams(?:\/([^/]+))?(?:\/(events|ack))?$/.exec(pathname) ?? []
  const json = (status: number, body: unknown, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
  const refuse = ({ status, error, retry_after_ms }: Refusal) =>
    json(status, { error }, retry_after_ms ? { 'retry-after': Math.ceil(retry_after_ms / 1000) } : {})

  if (gateway.deaf) return void response.destroy()
  if (request.method === 'POST' && pathname === '/v1/streams') {
    const text = await readText(request)
    const message = JSON.parse(text)
    const body = text.slice(text.indexOf('"body":') + 7, -1)
    const found = await gateway.open(message, body, 'sse', request)
    if ('status' in found) return refuse(found)
    found.max = message.max
    const ticket = gateway.streamTicket && `?ticket=${gateway.streamTicket}`
    return json(201, {
      stream: found.id,
      events: `/v1/streams/${found.id}/events${ticket}`,
      ack: `/v1/streams/${found.id}/ack${ticket}`,
      keep_alive_ms: 15000,
      buffer: 4096,
    })
  }
  if (id && request.method === 'DELETE') {
    gateway.streams.get(id)?.cancel()
    gateway.changed()
    return void response.writeHead(204).end()
  }
  if (id && verb === 'events') {
    const seq = Number(searchParams.get('seq'))
    const found = gateway.find(id, seq, Number(searchParams.get('epoch')))
    if ('status' in found) return refuse(found)
    if (ended.has(found)) return void response.writeHead(204).end()
    found.max = Math.max(found.max, Number(searchParams.get('max')))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(': hello\n\n')
    found.attach(new Lane(gateway, found, response, seq))
    return found.consumer!.pump()
  }
  if (id && verb === 'ack') {
    const { seq, max } = JSON.parse(await readText(request))
    const stream = gateway.streams.get(id)
    if (!stream) return refuse({ status: 404 })
    if (!gateway.ack(stream, seq, max)) return refuse({ status: 409 })
    stream.consumer?.pump()
    return void response.writeHead(204).end()
  }
  if (id && request.method === 'GET') {
    const stream = gateway.streams.get(id)
    return stream ? json(200, { stream: id, end: { seq: stream.events.length, ...stream.end } }) : refuse({ status: 404 })
  }
  // Everything else is some other API of the gateway's.
  json(200, { path: pathname, method: request.method, body: await readText(request) })
}

/** The streams whose end was sent over SSE. */
const ended = new WeakSet<MockStream>()

class Lane implements Consumer {
  #scheduled = false

  constructor(
    readonly gateway: Gateway,
    readonly stream: MockStream,
    readonly response: ServerResponse,
    public at: number,
  ) {
    response.on('close', () => {
      stream.detach(this)
      gateway.changed()
    })
  }

  superseded(): void {
    this.response.end('event: tidegate.detached\ndata: {"reason":"superseded"}\n\n')
  }

  pump(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (this.stream.consumer === this) this.#send()
    })
  }

  #send(): void {
    const { random, faults } = this.gateway
    const { stream, response } = this
    if (random.chance(faults.cut ?? 0)) return void response.socket?.destroy()
    const may = Math.min(stream.max, stream.ready)
    if (this.at < may) {
      if (this.at + 1 < may && random.chance(faults.skip ?? 0)) this.at++
      else this.#event(this.at && random.chance(faults.twice ?? 0) ? this.at : ++this.at)
      return this.pump()
    }
    if (stream.blocked) response.write(`event: tidegate.blocked\ndata: {"seq":${this.at},"left_ms":15000}\n\n`)
    stream.blocked = false
    if (this.at < stream.events.length) return
    if (random.chance(faults.late ?? 0)) {
      // It may have been on its way.
      if (random.chance(0.5)) ended.add(stream)
      return void response.socket?.destroy()
    }
    ended.add(stream)
    stream.detach(this)
    response.end(`event: tidegate.end\ndata: ${JSON.stringify({ seq: stream.events.length, ...stream.end })}\n\n`)
  }

  #event(seq: number): void {
    const { random, faults } = this.gateway
    const { event, data } = this.stream.events[seq - 1]!
    const name = event ? `event: ${event}\n` : ''
    const bytes = Buffer.from(`id: ${seq}\n${name}data: ${data.replaceAll('\n', '\ndata: ')}\n\n`)
    this.stream.sent = Math.max(this.stream.sent, seq)
    const split = random.int(bytes.length)
    this.response.write(bytes.subarray(0, split))
    if (random.chance(faults.cutInside ?? 0)) this.response.socket?.destroy()
    else this.response.write(bytes.subarray(split))
  }
}
