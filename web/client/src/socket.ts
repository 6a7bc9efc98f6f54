import type { WebSocketLike } from './api.js'
import { TidegateError } from './error.js'
import { decode } from './event.js'
import { messages, type Received } from './frames.js'
import { write, type Link, type Message, type Sink } from './link.js'
import { cursor, join, newDecoder, type Cursor, type Decoder } from './records.js'

/** One WebSocket connection and the streams on it. */
export interface Socket {
  /** Whether another stream can be added. */
  free(): boolean
  attach(sink: Sink): Link
  /** Closes the connection. Its streams are told that it is lost. */
  close(): void
}

/** A stream on a connection. */
interface Lane {
  sink: Sink
  decoder: Decoder
  /** Of a large event in binary. */
  parts: Uint8Array[]
  /** Of a large event in JSON. */
  text: string
}

/** How many streams share a connection. A gateway refuses more than it is configured for. */
const most = 64

/** Makes a connection. onready is called when it has got through; onover when it is gone, or never did. */
export function newSocket(
  connect: () => Promise<WebSocketLike>,
  onready: () => void,
  onover: (ready: boolean) => void,
): Socket {
  const lanes = new Map<number, Lane>()
  let ws: WebSocketLike | undefined
  let ready = false
  let over = false
  let last = 0 // the newest stream's number
  let heard = Date.now()
  let wait: number | undefined
  let keepAlive = 15000

  const send = (message: Message) => {
    if (!over) ws!.send(write(message))
  }
  const hello = (s: number, sink: Sink) => send({ t: sink.id ? 'resume' : 'open', s, ...sink.hello() })

  const onText = (m: Received) => {
    const { t, s } = m
    if (t === 'draining') {
      // Streams that run may finish here; new ones go elsewhere.
      wait = m.reconnect_ms
    }
    const lane = lanes.get(s)
    if (!lane) return
    const { sink } = lane
    if (t === 'opened') {
      keepAlive = m.keep_alive_ms ?? keepAlive
      sink.onOpened(m as never)
    } else if (t === 'part') {
      lane.text += m.text
    } else if (t === 'event') {
      sink.onEvent(m.seq, m.event, lane.text + m.text)
      lane.text = ''
    } else if (t === 'blocked') {
      sink.onBlocked()
    } else if (t === 'end') {
      lanes.delete(s)
      sink.onEnd(m as never)
    } else if (t === 'refused') {
      lanes.delete(s)
      sink.onRefused(m.status, m.error, m.retry_after_ms)
    } else if (t === 'detached') {
      lanes.delete(s)
      sink.onFailed()
    }
  }

  const onBinary = (frame: Cursor) => {
    const kind = frame.uvarint()
    const s = frame.uvarint()
    let seq = frame.uvarint()
    const lane = lanes.get(s)
    if (!lane) return
    const tell = (text: Uint8Array, size?: number) => {
      const { take, uvarint } = cursor(text)
      lane.sink.onEvent(seq++, decode(take(uvarint())), take(), size)
    }
    if (kind > 1) {
      lane.parts.push(frame.take())
      if (kind === 2) return
      tell(join(lane.parts))
      lane.parts = []
      lane.decoder = newDecoder()
    }
    // An event may have been one too many, and the stream attached anew.
    for (let left; (left = frame.left()) && lanes.get(s) === lane; ) tell(lane.decoder(frame), left - frame.left())
  }

  const end = (code?: number, reason?: string) => {
    if (over) return
    over = true
    clearInterval(timer)
    onover(ready)
    for (const [, { sink }] of lanes) {
      // 1009: the message was too large, which it will be the next time too.
      if (code! >= 4500 || (code === 1009 && !sink.id))
        sink.onFailed(new TidegateError('rejected', { message: reason!, code: `${code}` }))
      else sink.onLost(wait ?? (code === 1001 || code === 4008 ? 1000 : 0))
    }
  }
  const close = () => {
    ws?.close()
    end()
  }

  /**
   * Pings are invisible here, so that a connection may be dead without a sign: after two silent keep-alives
   * the gateway is asked for a stream that there is not. No answer within another, and the connection is
   * given up. One that does not get through, or has no streams, is given up after one.
   */
  const tick = () => {
    const silent = Date.now() - heard
    if (silent > (ready && lanes.size ? 3 : 1) * keepAlive) close()
    else if (silent > 2 * keepAlive) send({ t: 'resume', s: ++last, stream: '-' })
  }
  const timer = setInterval(tick, 5000)

  connect().then((made) => {
    if (over) return made.close()
    ws = made
    ws.binaryType = 'arraybuffer'
    ws.onopen = () => {
      if (over) return
      ready = true
      heard = Date.now()
      onready()
      for (const [s, { sink }] of lanes) hello(s, sink)
    }
    ws.onmessage = ({ data }: { data: string | ArrayBuffer }) => {
      if (over) return
      heard = Date.now()
      try {
        if (typeof data === 'string') for (const message of messages(data)) onText(message)
        else onBinary(cursor(new Uint8Array(data)))
      } catch {
        // What follows on this connection cannot be understood either.
        close()
      }
    }
    ws.onclose = ({ code, reason }: { code: number; reason: string }) => end(code, reason)
    // A close follows; without a listener Node's `ws` would throw the error.
    ws.onerror = () => {}
  }, () => end())

  return {
    free: () => wait === undefined && lanes.size < most,
    attach(sink) {
      const s = ++last
      lanes.set(s, { sink, decoder: newDecoder(), parts: [], text: '' })
      if (ready) hello(s, sink)
      return {
        kind: 'ws',
        ack: (seq, max) => send({ t: 'ack', s, seq, max }),
        drop: () => lanes.delete(s),
        cancel() {
          lanes.delete(s)
          if (ready) send({ t: 'cancel', s })
          return ready
        },
      }
    },
    close,
  }
}
