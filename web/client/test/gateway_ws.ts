import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { Encoder, textOf, uvarint } from './encode.js'
import type { Consumer, Gateway, MockStream } from './gateway.js'

const partSize = 3000

/** The text of a member of a JSON object that is its last one. */
function lastMember(text: string, name: string): string {
  return text.slice(text.indexOf(`"${name}":`) + name.length + 3, -1)
}

/** Serves one WebSocket connection of the mock's. */
export function serveSocket(gateway: Gateway, ws: WebSocket, socket: Socket, request: IncomingMessage): void {
  const binary = ws.protocol === 'tidegate.1.bin'
  const lanes = new Map<number, Lane>()
  let over = false
  const say = (message: object) => gateway.mute || ws.send(JSON.stringify(message))
  const close = (code: number, reason: string) => ws.close(code, reason)
  gateway.closers.add(close)
  gateway.sayers.add(say)

  const handle = async (text: string) => {
    if (gateway.mute) return
    const m = JSON.parse(text)
    if (m.stream === '-') gateway.probes++
    if (m.t === 'ack') {
      const lane = lanes.get(m.s)
      if (!lane) return
      if (!gateway.ack(lane.stream, m.seq, m.max)) return ws.close(4500, 'acknowledged before it was sent')
      return lane.pump()
    }
    if (m.t === 'cancel') {
      lanes.get(m.s)?.stream.cancel()
      return gateway.changed()
    }
    if (m.t !== 'open' && m.t !== 'resume') return gateway.violate(`unknown message ${text}`)
    const found =
      m.t === 'open' ? await gateway.open(m, lastMember(text, 'body'), 'ws', request) : gateway.find(m.stream, m.seq, m.epoch ?? 0)
    if (over) return
    if ('status' in found) return say({ t: 'refused', s: m.s, ...found })
    found.max = Math.max(found.max, m.max)
    const lane = new Lane(found, m.s, m.seq ?? 0)
    lanes.set(m.s, lane)
    found.attach(lane)
    const ticket = gateway.streamTicket || undefined
    say({ t: 'opened', s: m.s, stream: found.id, seq: m.seq ?? 0, keep_alive_ms: 15000, buffer: 4096, model: 'm', provider: 'p', ticket })
    lane.pump()
  }
  ws.on('message', (data) => void handle(String(data)).catch((error) => gateway.violate(String(error))))
  ws.on('error', () => {})
  ws.on('close', () => {
    over = true
    gateway.closers.delete(close)
    gateway.sayers.delete(say)
    for (const lane of lanes.values()) lane.stream.detach(lane)
    gateway.changed()
  })

  class Lane implements Consumer {
    #encoder = new Encoder()
    #scheduled = false

    constructor(
      readonly stream: MockStream,
      readonly s: number,
      /** The event that was sent last. */
      public at: number,
    ) {}

    superseded(): void {
      lanes.delete(this.s)
      if (!over) say({ t: 'detached', s: this.s, reason: 'superseded' })
    }

    pump(): void {
      if (this.#scheduled) return
      this.#scheduled = true
      setImmediate(() => {
        this.#scheduled = false
        if (!over && lanes.get(this.s) === this) this.#send()
      })
    }

    /** Sends what fits into one frame, and comes back for more. */
    #send(): void {
      const { random, faults } = gateway
      const { stream, s } = this
      if (random.chance(faults.cut ?? 0)) return void socket.destroy()
      const may = Math.min(stream.max, stream.ready)
      if (this.at < may) {
        if (this.at + 1 < may && random.chance(faults.skip ?? 0)) this.at++
        else if (this.at && random.chance(faults.twice ?? 0)) this.#frame(this.at, 1)
        else this.#frame(this.at + 1, 1 + random.int(4))
        return this.pump()
      }
      if (stream.blocked) say({ t: 'blocked', s, seq: this.at, left_ms: 15000 })
      stream.blocked = false
      if (this.at < stream.events.length) return
      if (random.chance(faults.late ?? 0)) return void socket.destroy()
      lanes.delete(s)
      stream.detach(this)
      say({ t: 'end', s, seq: stream.events.length, ...stream.end })
    }

    #frame(from: number, most: number): void {
      const { stream, s } = this
      const to = Math.min(from + most - 1, stream.max, stream.ready)
      const frames: (Buffer | string)[] = []
      let records: Buffer[] = []
      let messages: string[] = []
      for (let seq = from; seq <= to; seq++) {
        const { event, data } = stream.events[seq - 1]!
        const text = textOf(event ?? '', data)
        if (text.length > 4096) {
          this.#encoder.reset()
          if (seq > from) break
          frames.push(...(binary ? this.#binaryParts(seq, text) : this.#jsonParts(seq, event, data)))
          records = messages = []
          this.at = Math.max(this.at, seq)
          break
        }
        records.push(this.#encoder.encode(event ?? '', data))
        messages.push(eventMessage(s, seq, event, data))
        this.at = Math.max(this.at, seq)
      }
      stream.sent = Math.max(stream.sent, this.at)
      if (binary && records.length) frames.push(Buffer.concat([Buffer.from([1]), uvarint(s), uvarint(from), ...records]))
      if (!binary && messages.length) frames.push(messages.length === 1 ? messages[0]! : `[${messages.join(',')}]`)
      for (const frame of frames) {
        if (gateway.random.chance(gateway.faults.cutInside ?? 0)) return this.#cutInside(frame)
        ws.send(frame)
      }
    }

    #binaryParts(seq: number, text: Buffer): Buffer[] {
      const frames = []
      for (let at = 0; at < text.length; at += partSize) {
        const kind = at + partSize < text.length ? 2 : 3
        frames.push(Buffer.concat([Buffer.from([kind]), uvarint(this.s), uvarint(seq), text.subarray(at, at + partSize)]))
      }
      return frames
    }

    #jsonParts(seq: number, event: string | undefined, data: string): string[] {
      const frames = []
      const letters = Array.from(data)
      for (let at = 0; at < letters.length; at += partSize) {
        const text = letters.slice(at, at + partSize).join('')
        const last = at + partSize >= letters.length
        frames.push(JSON.stringify(last ? { t: 'event', s: this.s, seq, event, parts: true, text } : { t: 'part', s: this.s, seq, text }))
      }
      return frames
    }

    /** Sends the beginning of a frame (RFC 6455 section 5.2) and breaks the connection. */
    #cutInside(frame: Buffer | string): void {
      over = true
      const payload = Buffer.from(frame as string)
      const head = Buffer.from([typeof frame === 'string' ? 0x81 : 0x82, 126, payload.length >> 8, payload.length & 255])
      socket.write(Buffer.concat([head, payload.subarray(0, payload.length >> 1)]), () => socket.destroy())
    }
  }
}

function eventMessage(s: number, seq: number, event: string | undefined, data: string): string {
  const head = JSON.stringify({ t: 'event', s, seq, event }).slice(0, -1)
  return `${head},${isJson(data) ? `"data":${data}` : `"text":${JSON.stringify(data)}`}}`
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
