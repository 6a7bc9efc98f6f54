import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import { Random } from './random.js'
import { serveSse } from './gateway_sse.js'
import { serveSocket } from './gateway_ws.js'

/** One event of the mock's provider. */
export interface Event {
  event?: string
  data: string
}

/** How a stream ends. */
export interface End {
  reason: string
  usage?: object
  error?: unknown
}

/** What the mock's provider answers. */
export interface Answer {
  events: Event[]
  end?: End
  /** How many of the events there are at first; all by default. */
  ready?: number
}

/** What the mock answers instead of a stream. */
export interface Refusal {
  status: number
  error?: unknown
  retry_after_ms?: number
}

/** How often what goes wrong, from 0 to 1; each is 0 by default. */
export interface Faults {
  /** A connection breaks before a frame. */
  cut?: number
  /** A connection breaks in the middle of one. */
  cutInside?: number
  /** An event is sent twice. */
  twice?: number
  /** An event is left out where another follows: a gap shows only then. */
  skip?: number
  /** A connection breaks instead of the end being sent. */
  late?: number
  /** A WebSocket is not let through. */
  block?: number
}

/** What a connection is to its stream. */
export interface Consumer {
  pump(): void
  superseded(): void
}

/** A stream of the mock's. */
export class MockStream {
  sent = 0
  acked = 0
  max = 0
  cancelled = false
  blocked = false
  epoch = 0
  consumer: Consumer | undefined
  ready: number
  end: End

  constructor(
    readonly id: string,
    readonly events: Event[],
    answer: Answer,
  ) {
    this.ready = answer.ready ?? events.length
    this.end = answer.end ?? { reason: 'complete' }
  }

  /** Lets the provider produce n more events. */
  produce(n: number): void {
    this.ready = Math.min(this.events.length, this.ready + n)
    this.consumer?.pump()
  }

  attach(consumer: Consumer): void {
    const before = this.consumer
    this.consumer = consumer
    before?.superseded()
  }

  detach(consumer: Consumer): void {
    if (this.consumer === consumer) this.consumer = undefined
  }

  cancel(): void {
    this.cancelled = true
    this.end = { reason: 'cancelled' }
    this.ready = this.events.length = this.sent
    this.consumer?.pump()
  }
}

/** A gateway that speaks the protocol, badly where it is told to. */
export class Gateway {
  readonly streams = new Map<string, MockStream>()
  /** What the client did that it must not do. */
  readonly violations: string[] = []
  /** The calls that came, and how. */
  readonly calls: { api: string; model: string | undefined; headers: unknown; body: any; text: string; via: 'ws' | 'sse'; request: IncomingMessage }[] = []
  readonly handshakes: IncomingMessage[] = []
  readonly requests: IncomingMessage[] = []
  answer: (api: string, body: any) => Answer | Refusal | Promise<Answer | Refusal> = () => ({ events: [] })
  faults: Faults = {}
  random = new Random(1)
  url = ''
  /** The ticket that a stream is given for itself. */
  streamTicket = ''
  /** Nothing is accepted over SSE. */
  deaf = false
  /** Nothing is sent or read on WebSockets. */
  mute = false
  /** How many resumes of a stream that there is not have come. */
  probes = 0
  /** For each WebSocket: close it, send a message on it. */
  readonly closers = new Set<(code: number, reason: string) => void>()
  readonly sayers = new Set<(message: object) => void>()
  readonly sockets = new Set<Socket>()
  #server: Server
  #listeners: (() => void)[] = []

  constructor() {
    const wss = new WebSocketServer({ noServer: true, handleProtocols: (offered) => pick(offered) ?? false })
    this.#server = createServer((request, response) => this.#serve(request, response))
    this.#server.on('connection', (socket: Socket) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
      socket.on('error', () => {})
    })
    this.#server.on('upgrade', (request, socket, head) => {
      this.handshakes.push(request)
      this.changed()
      if (this.random.chance(this.faults.block ?? 0)) return void socket.destroy()
      wss.handleUpgrade(request, socket, head, (ws) => serveSocket(this, ws, socket as Socket, request))
    })
  }

  static async start(): Promise<Gateway> {
    const gateway = new Gateway()
    await new Promise<void>((resolve) => gateway.#server.listen(0, '127.0.0.1', resolve))
    gateway.url = `http://127.0.0.1:${(gateway.#server.address() as AddressInfo).port}`
    return gateway
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  /** The stream that was opened last. */
  get newest(): MockStream {
    return [...this.streams.values()].at(-1)!
  }

  /** Something has happened that until may wait for. */
  changed(): void {
    for (const listener of this.#listeners.splice(0)) listener()
  }

  /** Waits until what is asked for is so. */
  async until(so: () => boolean): Promise<void> {
    while (!so()) await new Promise<void>((resolve) => this.#listeners.push(resolve))
  }

  violate(what: string): void {
    this.violations.push(what)
    this.changed()
  }

  async open(m: { api: string; model?: string; headers?: unknown }, text: string, via: 'ws' | 'sse', request: IncomingMessage): Promise<MockStream | Refusal> {
    const body = JSON.parse(text)
    const { api, model, headers } = m
    this.calls.push({ api, model, headers, body, text, via, request })
    this.changed()
    const answer = await this.answer(api, body)
    if ('status' in answer) return answer
    const stream = new MockStream(`stream-${this.streams.size + 1}`, [...answer.events], answer)
    this.streams.set(stream.id, stream)
    this.changed()
    return stream
  }

  /** What a resume finds. */
  find(id: string, seq: number, epoch: number): MockStream | Refusal {
    const stream = this.streams.get(id)
    if (stream && epoch < stream.epoch)
      return { status: 409, error: { message: 'Too late.', code: 'superseded', epoch: stream.epoch } }
    if (stream) stream.epoch = epoch
    if (!stream) return { status: 404, error: { message: 'There is no such stream.', code: 'unknown_stream' } }
    if (seq < stream.acked || seq > stream.sent) this.violate(`${id} resumed at ${seq}, not in ${stream.acked}..${stream.sent}`)
    stream.acked = Math.max(stream.acked, seq)
    this.changed()
    return stream
  }

  /** False where more was acknowledged than was sent. */
  ack(stream: MockStream, seq: number, max: number): boolean {
    if (seq > stream.sent) {
      this.violate(`${stream.id} acknowledged ${seq} of ${stream.sent}`)
      return false
    }
    stream.acked = Math.max(stream.acked, seq)
    stream.max = Math.max(stream.max, max)
    this.changed()
    return true
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request)
    this.changed()
    serveSse(this, request, response).catch((error) => {
      this.violate(String(error))
      response.destroy()
    })
  }
}

function pick(offered: Set<string>): string | undefined {
  return [...offered].find((name) => name === 'tidegate.1.bin' || name === 'tidegate.1.json')
}
